import type { ClickCount } from '@fingerpost/model/click'
import { DOMAIN_STATUSES } from '@fingerpost/model/domain-status'
import { AppError } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import {
  HOSTNAMES_PAGE_MAX,
  type Acknowledgement,
  type Change,
  type CheckOutcome,
  type CheckRecord,
  type CertificateRecord,
  type ClaimRequest,
  type ClickBatch,
  type CoreApi,
  type Delivery,
  type DeliveryRecord,
  type DueDomain,
  type HostnamesPage,
  type LinkLookup,
  type LinkTarget,
  type Lineage,
  type Sequence,
  type WatchFrom,
} from './core-api.ts'
import { claimFromWire } from './core-request-mapping.ts'
import { FakeChanges } from './fake-changes.ts'
import { FakeDomains } from './fake-domains.ts'
import {
  checkedRow,
  destinationOf,
  destinationOrNone,
  domainRow,
  dueDomain,
  hostnameOf,
  linkRow,
  lostRow,
  servedDomain,
  servedLink,
  slugOf,
  type DomainRow,
  type FakeDomain,
  type FakeLink,
  type LinkRow,
} from './fake-rows.ts'

/**
 * Core in memory, for tests of the services that use it. It keeps the promises
 * of `core-contract.ts`, can be told to fail or to wait, and refuses values that
 * the real core would never be sent.
 */
export class FakeCore implements CoreApi {
  /** How often each call was begun. */
  readonly calls: Record<keyof CoreApi, number> = {
    lookupLink: 0,
    watchChanges: 0,
    listHostnames: 0,
    claimDueDomains: 0,
    recordCheck: 0,
    acknowledgeChanges: 0,
    recordClicks: 0,
    recordCertificate: 0,
    claimDeliveries: 0,
    recordDelivery: 0,
    describeHostname: 0,
  }
  /** Every check that was sent, in order, whatever became of it. */
  readonly checks: CheckRecord[] = []
  /** Every batch of clicks that was applied, in order; none of them twice. */
  readonly clickBatches: ClickBatch[] = []
  /** Everything that was learned of certificates, in order. */
  readonly certificateRecords: CertificateRecord[] = []
  /** How every attempt to deliver went, in order. */
  readonly deliveryRecords: DeliveryRecord[] = []
  /** What each edge said last that it has applied. */
  readonly acknowledged = new Map<string, Sequence>()
  readonly #now: () => EpochMs
  readonly #changes = new FakeChanges()
  readonly #domains = new FakeDomains()
  readonly #links = new Map<string, LinkRow>()
  readonly #deliveries: Omit<Delivery, 'lease'>[] = []
  readonly #holds = new Map<keyof CoreApi, Promise<void>>()
  readonly #failures = new Map<keyof CoreApi, Error>()
  #outage: Error | undefined
  #lastId = 0

  constructor(options: { readonly now: () => EpochMs }) {
    this.#now = options.now
  }

  /** The sequence of the last change. */
  get sequence(): Sequence {
    return this.#changes.head
  }

  /** The history that sequences belong to. */
  get lineage(): Lineage {
    return this.#changes.lineage
  }

  /** How many change streams are being read. */
  get watchers(): number {
    return this.#changes.watchers
  }

  /** Adds a domain, pending and due at once unless told otherwise; gives its id. */
  givenDomain(domain: FakeDomain): string {
    const id = this.#nextId('dom')
    const row = domainRow(id, domain, this.#now())
    this.#domains.refuseSecondHolder(row)
    this.#keepDomain(id, row.hostname, row)
    return id
  }

  /** Changes a domain's settings or status from outside, as the HTTP API does. */
  changeDomain(id: string, change: Partial<Omit<FakeDomain, 'hostname'>>): void {
    const row = this.#domains.get(id)
    const { rootUrl = row.rootUrl, notFoundUrl = row.notFoundUrl } = change
    // Why by the key: undefined ends the redirecting.
    const { redirectsTo } = 'redirectsTo' in change ? change : row
    const changed: DomainRow = {
      ...row,
      ...change,
      rootUrl: destinationOrNone(rootUrl),
      notFoundUrl: destinationOrNone(notFoundUrl),
      redirectsTo: redirectsTo === undefined ? undefined : hostnameOf(redirectsTo),
      version: row.version + 1,
      settingsChanges: row.settingsChanges + (change.status === undefined ? 1 : 0),
    }
    this.#domains.refuseSecondHolder(changed)
    this.#keepDomain(id, row.hostname, changed)
  }

  /** Deletes a domain with its links. */
  deleteDomain(id: string): void {
    const { hostname } = this.#domains.get(id)
    for (const link of this.#links.values()) if (link.domainId === id) this.#links.delete(link.id)
    this.#keepDomain(id, hostname, undefined)
  }

  /** Adds a link to the domain that holds its hostname, else to the last one given. */
  givenLink(link: FakeLink): string {
    const hostname = hostnameOf(link.hostname)
    const domain =
      this.#domains.holderOf(hostname) ??
      this.#domains.all.findLast((row) => row.hostname === hostname)
    if (domain === undefined) throw new Error(`There is no domain "${hostname}" to give a link.`)
    return this.givenLinkOf(domain.id, link)
  }

  /** Adds a link to a domain; gives its id. */
  givenLinkOf(domainId: string, link: Omit<FakeLink, 'hostname'>): string {
    const id = this.#nextId('lnk')
    const row = linkRow(id, domainId, link)
    this.#links.set(id, row)
    this.#announceLink(row)
    return id
  }

  /** Changes a link. */
  changeLink(id: string, change: Partial<Omit<FakeLink, 'hostname' | 'slug'>>): void {
    const row = this.#link(id)
    const destination =
      change.destination === undefined ? row.destination : destinationOf(change.destination)
    this.#links.set(id, { ...row, ...change, destination, version: row.version + 1 })
    this.#announceLink(row)
  }

  /** Deletes a link. */
  deleteLink(id: string): void {
    const row = this.#link(id)
    this.#links.delete(id)
    this.#announceLink(row)
  }

  /** Gives what was counted of a link; what was sent as another workspace's does not count. */
  clicksOf(linkId: string): readonly ClickCount[] {
    const { workspaceId } = this.#domains.get(this.#link(linkId).domainId)
    return this.clickBatches
      .flatMap(({ clicks }) => clicks)
      .filter((click) => click.linkId === linkId && click.workspaceId === workspaceId)
  }

  /** Adds a notice that is due to be delivered. */
  givenDelivery(delivery: Omit<Delivery, 'id' | 'lease'>): string {
    const id = this.#nextId('dlv')
    this.#deliveries.push({ ...delivery, id })
    return id
  }

  /** Sends a message to every change stream as it is, for example a `reset`. */
  emit(change: Change): void {
    this.#changes.tell(change)
  }

  /** Sends a heartbeat; the fake sends none by itself but after catching up. */
  beat(): void {
    this.emit({ kind: 'heartbeat', sequence: this.sequence, lineage: this.lineage })
  }

  /** Drops the changes that are kept, so that who asks for them gets a `reset`. */
  forgetChanges(): void {
    this.#changes.forget()
  }

  /** Goes back in the order of changes, as restoring an older database does. */
  restoreTo(sequence: Sequence): void {
    this.#changes.restore(sequence)
  }

  /** Breaks every stream and lets every call fail, until `up`. */
  down(error: Error = new AppError('core_unavailable', 'Core cannot be reached.')): void {
    this.#outage = error
    this.#changes.breakWith(error)
  }

  /** Ends what `down` began. */
  up(): void {
    this.#outage = undefined
  }

  /** Lets the next call of this kind fail. */
  failNext(call: keyof CoreApi, error: Error): void {
    this.#failures.set(call, error)
  }

  /** Lets calls of this kind wait until the function it gives is called. */
  hold(call: keyof CoreApi): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#holds.set(call, promise)
    return () => {
      this.#holds.delete(call)
      resolve()
    }
  }

  async lookupLink(target: LinkTarget): Promise<LinkLookup> {
    await this.#begin('lookupLink')
    const { sequence, lineage } = this
    const holder = this.#domains.holderOf(hostnameOf(target.hostname))
    const slug = slugOf(target.slug)
    if (holder === undefined) return { sequence, lineage, domain: undefined, link: undefined }
    // Why none for an alternate that redirects: its own links are not served.
    const shows = (row: LinkRow) => holder.redirectsTo === undefined && row.domainId === holder.id
    const link = [...this.#links.values()].find((row) => shows(row) && row.slug === slug)
    return {
      sequence,
      lineage,
      domain: servedDomain(holder),
      link: link === undefined ? undefined : servedLink(link),
    }
  }

  async *watchChanges(from: WatchFrom, signal: AbortSignal): AsyncGenerator<Change> {
    await this.#begin('watchChanges')
    yield* this.#changes.watch(from, signal)
  }

  async acknowledgeChanges({ edgeId, sequence }: Acknowledgement): Promise<void> {
    await this.#begin('acknowledgeChanges')
    this.acknowledged.set(edgeId, sequence)
  }

  async recordClicks(batch: ClickBatch): Promise<void> {
    await this.#begin('recordClicks')
    const last = this.clickBatches.findLast(({ source }) => source === batch.source)
    if (last === undefined || last.number < batch.number) this.clickBatches.push(batch)
  }

  async *listHostnames(signal: AbortSignal): AsyncGenerator<HostnamesPage> {
    await this.#begin('listHostnames')
    const { sequence } = this
    const names = [...new Set(this.#domains.all.map((row) => row.hostname))]
    const states = names.map((hostname) => this.#domains.stateOf(hostname))
    for (let start = 0; !signal.aborted; start += HOSTNAMES_PAGE_MAX) {
      const end = start + HOSTNAMES_PAGE_MAX
      const isLast = end >= states.length
      yield { sequence, hostnames: states.slice(start, end), isLast }
      if (isLast) return
    }
  }

  async claimDueDomains(request: ClaimRequest): Promise<readonly DueDomain[]> {
    await this.#begin('claimDueDomains')
    const { limit, leaseMs } = claimFromWire(request)
    const now = this.#now()
    return this.#domains
      .due(now)
      .slice(0, limit)
      .map((row) => {
        const lease = this.#nextId('lease')
        const leased = { ...row, lease, leasedUntil: now + leaseMs, settingsChanges: 0 }
        this.#domains.keep(leased)
        const holder = this.#domains.holderOf(row.hostname, row.id)
        const { verificationToken = '' } = holder ?? {}
        const rival = holder && { domainId: holder.id, verificationToken }
        return dueDomain({ ...leased, holder: rival })
      })
  }

  async recordCheck(check: CheckRecord): Promise<CheckOutcome> {
    await this.#begin('recordCheck')
    this.checks.push(check)
    const now = this.#now()
    const row = this.#domains.find(check.domainId)
    if (row === undefined || row.lease !== check.lease || row.leasedUntil <= now) {
      return 'superseded'
    }
    if (row.version !== check.expectedVersion + row.settingsChanges) {
      this.#domains.keep({ ...row, leasedUntil: 0, dueAt: now })
      return 'superseded'
    }
    return this.#apply(row, check)
  }

  async recordCertificate(record: CertificateRecord): Promise<void> {
    await this.#begin('recordCertificate')
    this.certificateRecords.push(record)
    const changed = this.#domains.learn(record)
    if (changed === undefined) return
    const { hostname, certificate, mayHoldUntil } = changed
    const state = { hostname, certificate, mayHoldUntil }
    this.#changes.commit({ kind: 'certificate_changed', ...state }, this.#now())
  }

  async claimDeliveries(request: ClaimRequest): Promise<readonly Delivery[]> {
    await this.#begin('claimDeliveries')
    const { limit } = claimFromWire(request)
    return this.#deliveries
      .splice(0, limit)
      .map((delivery) => ({ ...delivery, lease: this.#nextId('lease') }))
  }

  async recordDelivery(record: DeliveryRecord): Promise<void> {
    await this.#begin('recordDelivery')
    this.deliveryRecords.push(record)
  }

  async describeHostname(hostname: Hostname): Promise<string | undefined> {
    await this.#begin('describeHostname')
    const { status, ...rest } = this.#domains.stateOf(hostname)
    return status === undefined ? undefined : JSON.stringify({ status, ...rest })
  }

  #apply(row: DomainRow, check: CheckRecord): CheckOutcome {
    const to = row.isTombstone ? row.status : (check.transition?.to ?? row.status)
    const holder = row.isTombstone ? undefined : this.#domains.holderOf(row.hostname, row.id)
    const isMoved = holder !== undefined && check.transition?.takesOverFrom === holder.id
    if (isMoved) this.#domains.keep(lostRow(holder, check.checkedAt, this.#now()))
    const isTaken = DOMAIN_STATUSES[to].holdsHostname && holder !== undefined && !isMoved
    const status = isTaken ? row.status : to
    const checked = checkedRow(row, check, { status, now: this.#now() })
    if (status === row.status) this.#domains.keep(checked)
    else this.#keepDomain(row.id, row.hostname, checked)
    return isTaken ? 'hostname_in_use' : 'applied'
  }

  async #begin(call: keyof CoreApi): Promise<void> {
    this.calls[call] += 1
    await this.#holds.get(call)
    const failure = this.#failures.get(call)
    this.#failures.delete(call)
    if (failure !== undefined) throw failure
    if (this.#outage !== undefined) throw this.#outage
  }

  #nextId(prefix: string): string {
    this.#lastId += 1
    return `${prefix}_${this.#lastId}`
  }

  #link(id: string): LinkRow {
    const row = this.#links.get(id)
    if (row === undefined) throw new Error(`There is no link "${id}".`)
    return row
  }

  /** Keeps or, without a row, deletes a domain; announced only when it counts for the hostname. */
  #keepDomain(id: string, hostname: Hostname, row: DomainRow | undefined): void {
    const before = {
      holder: this.#domains.holderOf(hostname),
      status: this.#domains.stateOf(hostname).status,
    }
    if (row === undefined) this.#domains.delete(id, this.#now())
    else this.#domains.keep(row)
    const after = this.#domains.stateOf(hostname)
    const isHolder = before.holder?.id === id || this.#domains.holderOf(hostname)?.id === id
    if (!isHolder && before.status === after.status) return
    this.#changes.commit({ kind: 'hostname_changed', ...after }, this.#now())
  }

  #announceLink(link: LinkRow): void {
    const { id, hostname } = this.#domains.get(link.domainId)
    if (this.#domains.holderOf(hostname)?.id !== id) return
    this.#changes.commit({ kind: 'link_changed', hostname, slug: link.slug }, this.#now())
  }
}
