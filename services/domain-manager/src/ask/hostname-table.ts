import type { HostnameState, Sequence } from '@fingerpost/contract/core-api'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'

/** Every hostname that anybody has, with its status, as of one sequence. */
export type HostnameList = {
  readonly statuses: Map<Hostname, DomainStatus>
  readonly sequence: Sequence
  /** When the list was known to be current. */
  readonly currentAt: EpochMs
}

/**
 * What ask answers from: the status of every hostname, in memory. Nothing that
 * is asked is ever kept, so that unknown names leave nothing behind.
 */
export class HostnameTable {
  #statuses = new Map<Hostname, DomainStatus>()
  #sequence: Sequence = 0
  #currentAt: EpochMs | undefined
  #revision = 0
  #counts = noCounts()
  /** Whether core's changes arrive at the moment. */
  isFollowing = false

  /** Whether the hostnames were ever read, from core or from a snapshot. */
  get isLoaded(): boolean {
    return this.#currentAt !== undefined
  }

  get size(): number {
    return this.#statuses.size
  }

  /** The last change that is applied. */
  get sequence(): Sequence {
    return this.#sequence
  }

  /** When the table was last known to be current; undefined: never. */
  get currentAt(): EpochMs | undefined {
    return this.#currentAt
  }

  /** Grows with each change of the content. */
  get revision(): number {
    return this.#revision
  }

  /** The status that counts for a hostname; undefined: nobody has it. */
  statusOf(hostname: Hostname): DomainStatus | undefined {
    return this.#statuses.get(hostname)
  }

  /** Takes a whole list in place of what was known. */
  replace(list: HostnameList): void {
    this.#statuses = list.statuses
    this.#sequence = list.sequence
    this.#currentAt = list.currentAt
    this.#revision += 1
    this.#counts = noCounts()
    for (const status of list.statuses.values()) this.#counts[status] += 1
  }

  /** Takes one change. */
  apply({ hostname, status }: HostnameState): void {
    const before = this.#statuses.get(hostname)
    if (before === status) return
    if (before !== undefined) this.#counts[before] -= 1
    if (status === undefined) {
      this.#statuses.delete(hostname)
    } else {
      this.#statuses.set(hostname, status)
      this.#counts[status] += 1
    }
    this.#revision += 1
  }

  /** Notes that everything up to `sequence` is applied. */
  noteCurrent(sequence: Sequence, now: EpochMs): void {
    this.#sequence = sequence
    this.#currentAt = now
  }

  /** All hostnames. Changes during the walk may or may not be seen. */
  entries(): IterableIterator<[Hostname, DomainStatus]> {
    return this.#statuses.entries()
  }

  /** How many hostnames have each status; counted as they change, not when asked. */
  countByStatus(): Readonly<Record<DomainStatus, number>> {
    return this.#counts
  }
}

function noCounts(): Record<DomainStatus, number> {
  return { pending_verification: 0, verified: 0, active: 0, degraded: 0, suspended: 0 }
}
