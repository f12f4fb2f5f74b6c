import type { CertificateState, HostnameState, Sequence } from '@fingerpost/contract/core-api'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import { CompactHostnames, holdSeconds, type KnownHostname } from './compact-hostnames.ts'

/** Every hostname that anybody has: what is known up to one sequence at least. */
export type HostnameList = {
  readonly hostnames: CompactHostnames
  readonly sequence: Sequence
  /** When the list was known to be current. */
  readonly currentAt: EpochMs
}

/**
 * What ask answers from: what is known of every hostname, in memory. Nothing that
 * is asked is ever kept, so that unknown names leave nothing behind.
 */
export class HostnameTable {
  #hostnames: CompactHostnames
  readonly #seed: number
  #sequence: Sequence = 0
  #currentAt: EpochMs | undefined
  #revision = 0
  /** Whether core's changes arrive at the moment. */
  isFollowing = false

  /** @param seed any number that nobody outside knows */
  constructor(seed: number) {
    this.#seed = seed
    this.#hostnames = new CompactHostnames(seed)
  }

  /** Whether the hostnames were ever read, from core or from a snapshot. */
  get isLoaded(): boolean {
    return this.#currentAt !== undefined
  }

  get size(): number {
    return this.#hostnames.size
  }

  /** Whether there is news of any hostname's certificate. */
  get hasCertificateNews(): boolean {
    return this.#hostnames.hasCertificateNews
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

  /** What is known of a hostname; undefined: nobody has it. */
  get(hostname: Hostname): KnownHostname | undefined {
    return this.#hostnames.get(hostname)
  }

  /** The status that counts for a hostname; undefined: nobody has it. */
  statusOf(hostname: Hostname): DomainStatus | undefined {
    return this.#hostnames.get(hostname)?.status
  }

  /** Gives an empty place for a list of about `expected` hostnames. */
  emptyList(expected: number): CompactHostnames {
    return new CompactHostnames(this.#seed, expected)
  }

  /** Takes a whole list in place of what was known. */
  replace(list: HostnameList): void {
    this.#hostnames = list.hostnames
    this.#sequence = list.sequence
    this.#currentAt = list.currentAt
    this.#revision += 1
  }

  /** Takes one change of a hostname. */
  apply({ hostname, status, certificate, mayHoldUntil }: HostnameState): void {
    const known = status === undefined ? undefined : { status, certificate, mayHoldUntil }
    if (isEqual(this.#hostnames.get(hostname), known)) return
    this.#hostnames.set(hostname, known)
    this.#revision += 1
  }

  /** Takes one change of a hostname's certificate. */
  applyCertificate(hostname: Hostname, state: CertificateState): void {
    const status = this.statusOf(hostname)
    if (status === undefined) return
    const { certificate, mayHoldUntil } = state
    this.apply({ hostname, status, certificate, mayHoldUntil })
  }

  /** Notes that everything up to `sequence` is applied. */
  noteCurrent(sequence: Sequence, now: EpochMs): void {
    this.#sequence = sequence
    this.#currentAt = now
  }

  /** All hostnames. Changes during the walk may or may not be seen. */
  entries(): IterableIterator<[Hostname, KnownHostname]> {
    return this.#hostnames.entries()
  }

  /** How many hostnames have each status; counted as they change, not when asked. */
  countByStatus(): Readonly<Record<DomainStatus, number>> {
    return this.#hostnames.counts
  }
}

function isEqual(before: KnownHostname | undefined, after: KnownHostname | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  return (
    before.status === after.status &&
    before.certificate === after.certificate &&
    holdSeconds(before.mayHoldUntil) === holdSeconds(after.mayHoldUntil)
  )
}
