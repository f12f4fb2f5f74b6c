import { DOMAIN_STATUSES } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import type { CertificateRecord, HostnameState } from './core-api.ts'
import { leaseEndMax } from './core-clock.ts'
import { fakeCertificate, type DomainRow } from './fake-rows.ts'

/** The domains of `FakeCore`, in the order in which they were added. */
export class FakeDomains {
  readonly #rows = new Map<string, DomainRow>()
  readonly #tombstones = new Map<string, DomainRow>()

  /** All of them, without those that were deleted. */
  get all(): readonly DomainRow[] {
    return [...this.#rows.values()]
  }

  /** Gives a domain, deleted or not; undefined when there is none with this id. */
  find(id: string): DomainRow | undefined {
    return this.#rows.get(id) ?? this.#tombstones.get(id)
  }

  /** Gives a domain; throws when there is none with this id. */
  get(id: string): DomainRow {
    const row = this.#rows.get(id)
    if (row === undefined) throw new Error(`There is no domain "${id}".`)
    return row
  }

  /** Adds a domain, or keeps another state of it. */
  keep(row: DomainRow): void {
    const rows = row.isTombstone ? this.#tombstones : this.#rows
    rows.set(row.id, row)
  }

  /** Takes a domain away; one whose DNS was last seen to lead here is looked at further. */
  delete(id: string, now: EpochMs): void {
    const row = this.get(id)
    this.#rows.delete(id)
    const isHolder = DOMAIN_STATUSES[row.status].holdsHostname
    if (!isHolder || row.observations.routing.state !== 'found') return
    const version = row.version + 1
    this.keep({ ...row, isTombstone: true, version, dueAt: now, lease: '', leasedUntil: 0 })
  }

  /** Gives the domains that are due and that nobody has leased, the most overdue first. */
  due(now: EpochMs): readonly (DomainRow & { readonly dueAt: EpochMs })[] {
    return [...this.all, ...this.#tombstones.values()]
      .flatMap((row) => (row.dueAt === undefined ? [] : [{ ...row, dueAt: row.dueAt }]))
      .filter((row) => row.dueAt <= now)
      .filter(({ leasedUntil }) => leasedUntil <= now || leasedUntil > leaseEndMax(now))
      .toSorted((one, other) => one.dueAt - other.dueAt)
  }

  /** Notes what was learned of a certificate; gives what it changed for others, if anything. */
  learn({ hostname, seenAt, news }: CertificateRecord): HostnameState | undefined {
    const row = this.holderOf(hostname) ?? this.all.find((claim) => claim.hostname === hostname)
    if (row === undefined) return undefined
    const certificate = fakeCertificate(row.certificate, news, seenAt)
    const mayHoldUntil = certificate.seen?.notAfter ?? row.mayHoldUntil
    this.keep({ ...row, certificate, mayHoldUntil })
    const isAsBefore = certificate.status === row.certificate.status
    return isAsBefore && mayHoldUntil === row.mayHoldUntil ? undefined : this.stateOf(hostname)
  }

  /** Gives the domain that holds a hostname, besides one of them. */
  holderOf(hostname: Hostname, exceptId?: string): DomainRow | undefined {
    return this.all.find(
      (row) =>
        row.hostname === hostname &&
        row.id !== exceptId &&
        DOMAIN_STATUSES[row.status].holdsHostname,
    )
  }

  /** Throws when another domain holds the hostname that this one would hold. */
  refuseSecondHolder(row: DomainRow): void {
    if (DOMAIN_STATUSES[row.status].holdsHostname && this.holderOf(row.hostname, row.id)) {
      throw new Error(`Another domain holds "${row.hostname}" already.`)
    }
  }

  /** Gives what counts for a hostname: its holder's status, else that somebody claims it. */
  stateOf(hostname: Hostname): HostnameState {
    const holder = this.holderOf(hostname)
    const row = holder ?? this.all.find((claim) => claim.hostname === hostname)
    return {
      hostname,
      status: holder?.status ?? (row && 'pending_verification'),
      certificate: row?.certificate.status ?? 'none',
      mayHoldUntil: row?.mayHoldUntil,
    }
  }
}
