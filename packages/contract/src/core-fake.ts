import type { ClickCount } from '@fingerpost/model/click'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import { AppError } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import {
  HOSTNAMES_PAGE_MAX,
  type Acknowledgement,
  type Change,
  type CheckOutcome,
  type CheckRecord,
  type ClaimRequest,
  type ClickBatch,
  type CoreApi,
  type DueDomain,
  type HostnamesPage,
  type HostnameState,
  type LinkLookup,
  type LinkTarget,
  type Lineage,
  type Sequence,
  type WatchFrom,
} from './core-api.ts'
import { claimFromWire } from './core-request-mapping.ts'
import { FakeChanges } from './fake-changes.ts'
import {
  destinationOf,
  destinationOrNone,
  domainRow,
  dueDomain,
  hostnameOf,
  linkRow,
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
  }
  /** Every check that was sent, in order, whatever became of it. */
  readonly checks: CheckRecord[] = []
  /** Every batch of clicks that was applied, in order; none of them twice. */
  readonly clickBatches: ClickBatch[] = []
  /** What each edge said last that it has applied. */
  readonly acknowledged = new Map<string, Sequence>()
  readonly #now: () => EpochMs
  readonly #changes = new FakeChanges()
  readonly #domains = new Map<string, DomainRow>()
  readonly #links = new Map<string, LinkRow>()
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
    this.#refuseSecondHolder(row)
    this.#keepDomain(id, row.hostname, row)
    return id
  }

  /** Changes a domain's settings or status from outside, as the HTTP API does. */
  changeDomain(id: string, change: Partial<Omit<FakeDomain, 'hostname'>>): void {
    const row = this.#domain(id)
    const { rootUrl = row.rootUrl, notFoundUrl = row.notFoundUrl } = change
    const changed: DomainRow = {
      ...row,
      ...change,
      rootUrl: destinationOrNone(rootUrl),
      notFoundUrl: destinationOrNone(notFoundUrl),
      version: row.version + 1,
      settingsChanges: row.settingsChanges + (change.status === undefined ? 1 : 0),
    }
    this.#refuseSecondHolder(changed)
    this.#keepDomain(id, row.hostname, changed)
  }

  /** Deletes a domain with its links. */
  deleteDomain(id: string): void {
    const { hostname } = this.#domain(id)
    for (const link of this.#links.values()) if (link.domainId === id) this.#links.delete(link.id)
    this.#keepDomain(id, hostname, undefined)
  }

  /** Adds a link to the domain that holds its hostname, else to the last one given. */
  givenLink(link: FakeLink): string {
    const hostname = hostnameOf(link.hostname)
    const domain =
      this.#holderOf(hostname) ??
      [...this.#domains.values()].findLast((row) => row.hostname === hostname)
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
    const { workspaceId } = this.#domain(this.#link(linkId).domainId)
    return this.clickBatches
      .flatMap(({ clicks }) => clicks)
      .filter((click) => click.linkId === linkId && click.workspaceId === workspaceId)
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
    const holder = this.#holderOf(hostnameOf(target.hostname))
    const slug = slugOf(target.slug)
    if (holder === undefined) return { sequence, lineage, domain: undefined, link: undefined }
    const link = [...this.#links.values()].find(
      (row) => row.domainId === holder.id && row.slug === slug,
    )
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
    const names = [...new Set([...this.#domains.values()].map((row) => row.hostname))]
    const states = names.map((hostname) => this.#stateOf(hostname))
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
    return [...this.#domains.values()]
      .flatMap((row) => (row.dueAt === undefined ? [] : [{ ...row, dueAt: row.dueAt }]))
      .filter((row) => row.dueAt <= now && row.leasedUntil <= now)
      .toSorted((one, other) => one.dueAt - other.dueAt)
      .slice(0, limit)
      .map((row) => {
        const lease = this.#nextId('lease')
        const leased = { ...row, lease, leasedUntil: now + leaseMs, settingsChanges: 0 }
        this.#domains.set(row.id, leased)
        return dueDomain(leased)
      })
  }

  async recordCheck(check: CheckRecord): Promise<CheckOutcome> {
    await this.#begin('recordCheck')
    this.checks.push(check)
    const now = this.#now()
    const row = this.#domains.get(check.domainId)
    if (row === undefined || row.lease !== check.lease || row.leasedUntil <= now) {
      return 'superseded'
    }
    if (row.version !== check.expectedVersion + row.settingsChanges) {
      this.#domains.set(row.id, { ...row, leasedUntil: 0, dueAt: now })
      return 'superseded'
    }
    return this.#apply(row, check)
  }

  #apply(row: DomainRow, check: CheckRecord): CheckOutcome {
    const to = check.transition?.to ?? row.status
    const isTaken =
      DOMAIN_STATUSES[to].holdsHostname && this.#holderOf(row.hostname, row.id) !== undefined
    const status = isTaken ? row.status : to
    const isQuiet = status === row.status
    const checked: DomainRow = {
      ...row,
      status,
      statusSince: isQuiet ? row.statusSince : check.checkedAt,
      version: isQuiet ? row.version : row.version + 1,
      quietChecks: isQuiet ? row.quietChecks + 1 : 0,
      observations: check.observations,
      lossSeenAt: check.lossSeenAt,
      graceEndsAt: check.graceEndsAt,
      dueAt: check.nextCheckAt,
      leasedUntil: 0,
    }
    if (isQuiet) this.#domains.set(row.id, checked)
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

  #domain(id: string): DomainRow {
    const row = this.#domains.get(id)
    if (row === undefined) throw new Error(`There is no domain "${id}".`)
    return row
  }

  #link(id: string): LinkRow {
    const row = this.#links.get(id)
    if (row === undefined) throw new Error(`There is no link "${id}".`)
    return row
  }

  #holderOf(hostname: Hostname, exceptId?: string): DomainRow | undefined {
    return [...this.#domains.values()].find(
      (row) =>
        row.hostname === hostname &&
        row.id !== exceptId &&
        DOMAIN_STATUSES[row.status].holdsHostname,
    )
  }

  #refuseSecondHolder(row: DomainRow): void {
    if (DOMAIN_STATUSES[row.status].holdsHostname && this.#holderOf(row.hostname, row.id)) {
      throw new Error(`Another domain holds "${row.hostname}" already.`)
    }
  }

  #stateOf(hostname: Hostname): HostnameState {
    const isClaimed = [...this.#domains.values()].some((row) => row.hostname === hostname)
    const claimed: DomainStatus | undefined = isClaimed ? 'pending_verification' : undefined
    return { hostname, status: this.#holderOf(hostname)?.status ?? claimed }
  }

  /** Keeps or, without a row, deletes a domain; announced only when it counts for the hostname. */
  #keepDomain(id: string, hostname: Hostname, row: DomainRow | undefined): void {
    const before = { holder: this.#holderOf(hostname), status: this.#stateOf(hostname).status }
    if (row === undefined) this.#domains.delete(id)
    else this.#domains.set(id, row)
    const after = this.#stateOf(hostname)
    const isHolder = before.holder?.id === id || this.#holderOf(hostname)?.id === id
    if (!isHolder && before.status === after.status) return
    this.#changes.commit({ kind: 'hostname_changed', ...after }, this.#now())
  }

  #announceLink(link: LinkRow): void {
    const { id, hostname } = this.#domain(link.domainId)
    if (this.#holderOf(hostname)?.id !== id) return
    this.#changes.commit({ kind: 'link_changed', hostname, slug: link.slug }, this.#now())
  }
}
