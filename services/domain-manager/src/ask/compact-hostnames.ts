import type { CertificateState } from '@fingerpost/contract/core-api'
import { CERTIFICATE_STATUSES } from '@fingerpost/model/certificate'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'

/** What ask knows of a hostname that somebody has. */
export type KnownHostname = CertificateState & { readonly status: DomainStatus }

const OCTETS_PER_NAME = 24
const SIZE_MIN = 1_024
// Why as full as this: a search then looks at two slots on average.
const FILLED_PART_MAX = 0.7
const DELETED = 0xff
const NEVER = 0
const HOLD_SECONDS_MAX = 2 ** 32 - 1

/**
 * Hostnames with what is known of them, as octets in a few large arrays: a million
 * take some 60 MB, about half of what a `Map` of texts takes, and none of it is
 * ever looked at by the garbage collector.
 *
 * A deleted hostname keeps its place, in case it comes back; the next list has only
 * those that exist.
 *
 * `mayHoldUntil` is kept in whole seconds, rounded up, and up to the year 2106.
 */
export class CompactHostnames {
  readonly #seed: number
  /** Where a hostname's record is, by its hash; 0: nowhere. */
  #slots: Uint32Array
  /** All names, one after another. */
  #names: Buffer
  #namesEnd = 0
  #records: Records
  #recordsEnd = 0
  #counts = noCounts()
  #size = 0
  #hasCertificateNews = false

  /**
   * @param seed any number that nobody outside knows: hostnames are chosen by customers
   * @param expected for how many there is to be room from the beginning
   */
  constructor(seed: number, expected = 0) {
    const records = Math.max(SIZE_MIN, Math.ceil(expected * 1.05))
    this.#seed = seed | 0
    this.#slots = new Uint32Array(slotsFor(records))
    this.#names = Buffer.alloc(records * OCTETS_PER_NAME)
    this.#records = recordsFor(records)
  }

  /** How many hostnames there are. */
  get size(): number {
    return this.#size
  }

  /** How many hostnames have each status. */
  get counts(): Readonly<Record<DomainStatus, number>> {
    return this.#counts
  }

  /** Whether there ever was news of a certificate. */
  get hasCertificateNews(): boolean {
    return this.#hasCertificateNews
  }

  get(hostname: Hostname): KnownHostname | undefined {
    const record = this.#slots[this.#slotOf(hostname, this.#hashOf(hostname))] ?? NEVER
    return record === NEVER ? undefined : this.#factsOf(record - 1)
  }

  /** Takes what is known of a hostname in place of what was; undefined: nobody has it. */
  set(hostname: Hostname, known: KnownHostname | undefined): void {
    const hash = this.#hashOf(hostname)
    const slot = this.#slotOf(hostname, hash)
    const found = this.#slots[slot] ?? NEVER
    if (found === NEVER && known === undefined) return
    const record = found === NEVER ? this.#add(hostname, hash, slot) : found - 1
    const before = DOMAIN_STATUS_NAMES[this.#records.statuses[record] ?? DELETED]
    if (before !== undefined) this.#count(before, -1)
    if (known !== undefined) this.#count(known.status, 1)
    if (known !== undefined && known.certificate !== 'none') this.#hasCertificateNews = true
    this.#records.statuses[record] =
      known === undefined ? DELETED : DOMAIN_STATUS_NAMES.indexOf(known.status)
    this.#records.certificates[record] = CERTIFICATE_STATUSES.indexOf(known?.certificate ?? 'none')
    this.#records.holds[record] = holdSeconds(known?.mayHoldUntil)
  }

  /** All hostnames. Changes during the walk may or may not be seen; none comes twice. */
  *entries(): Generator<[Hostname, KnownHostname]> {
    for (let record = 0; record < this.#recordsEnd; record += 1) {
      const known = this.#factsOf(record)
      if (known !== undefined) yield [this.#nameOf(record), known]
    }
  }

  #factsOf(record: number): KnownHostname | undefined {
    const { statuses, certificates, holds } = this.#records
    const status = DOMAIN_STATUS_NAMES[statuses[record] ?? DELETED]
    if (status === undefined) return undefined
    const certificate = CERTIFICATE_STATUSES[certificates[record] ?? 0] ?? 'none'
    const hold = holds[record] ?? NEVER
    return { status, certificate, mayHoldUntil: hold === NEVER ? undefined : hold * 1_000 }
  }

  #nameOf(record: number): Hostname {
    const start = this.#records.starts[record] ?? 0
    const end = start + (this.#records.lengths[record] ?? 0)
    // Why no second look: only hostnames are ever written there.
    return this.#names.toString('latin1', start, end) as Hostname
  }

  #count(status: DomainStatus, by: 1 | -1): void {
    this.#counts[status] += by
    this.#size += by
  }

  #hashOf(name: string): number {
    let hash = this.#seed
    for (let index = 0; index < name.length; index += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x9e_37_79_b1)
      hash ^= hash >>> 15
    }
    return hash >>> 0
  }

  /** The slot that holds the name, or the free one where it belongs. */
  #slotOf(name: string, hash: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const record = this.#slots[slot] ?? NEVER
      if (record === NEVER) return slot
      if (this.#records.hashes[record - 1] === hash && this.#isNamed(record - 1, name)) return slot
    }
  }

  #isNamed(record: number, name: string): boolean {
    if (this.#records.lengths[record] !== name.length) return false
    const start = this.#records.starts[record] ?? 0
    for (let index = 0; index < name.length; index += 1) {
      if (this.#names[start + index] !== name.charCodeAt(index)) return false
    }
    return true
  }

  #add(name: Hostname, hash: number, freeSlot: number): number {
    const record = this.#recordsEnd
    const hasGrown = this.#makeRoom(name.length)
    this.#names.write(name, this.#namesEnd, 'latin1')
    this.#records.hashes[record] = hash
    this.#records.starts[record] = this.#namesEnd
    this.#records.lengths[record] = name.length
    this.#records.statuses[record] = DELETED
    this.#slots[hasGrown ? this.#slotOf(name, hash) : freeSlot] = record + 1
    this.#recordsEnd += 1
    this.#namesEnd += name.length
    return record
  }

  /** @returns whether the slots are others now */
  #makeRoom(octets: number): boolean {
    if (this.#namesEnd + octets > this.#names.length) {
      const names = Buffer.alloc(this.#names.length * 2)
      this.#names.copy(names)
      this.#names = names
    }
    if (this.#recordsEnd < this.#records.hashes.length) return false
    const records = recordsFor(this.#recordsEnd * 2)
    records.hashes.set(this.#records.hashes)
    records.starts.set(this.#records.starts)
    records.lengths.set(this.#records.lengths)
    records.statuses.set(this.#records.statuses)
    records.certificates.set(this.#records.certificates)
    records.holds.set(this.#records.holds)
    this.#records = records
    const slots = new Uint32Array(slotsFor(this.#recordsEnd * 2))
    const mask = slots.length - 1
    for (let record = 0; record < this.#recordsEnd; record += 1) {
      let slot = (records.hashes[record] ?? 0) & mask
      while (slots[slot] !== NEVER) slot = (slot + 1) & mask
      slots[slot] = record + 1
    }
    this.#slots = slots
    return true
  }
}

/** Gives `mayHoldUntil` as it is kept; 0: nothing is known of a certificate. */
export function holdSeconds(mayHoldUntil: EpochMs | undefined): number {
  return Math.min(Math.ceil((mayHoldUntil ?? NEVER) / 1_000), HOLD_SECONDS_MAX)
}

type Records = ReturnType<typeof recordsFor>

function recordsFor(count: number) {
  return {
    hashes: new Uint32Array(count),
    starts: new Uint32Array(count),
    lengths: new Uint8Array(count),
    statuses: new Uint8Array(count),
    certificates: new Uint8Array(count),
    holds: new Uint32Array(count),
  }
}

function slotsFor(records: number): number {
  return 2 ** Math.ceil(Math.log2(records / FILLED_PART_MAX))
}

function noCounts(): Record<DomainStatus, number> {
  return { pending_verification: 0, verified: 0, active: 0, degraded: 0, suspended: 0 }
}
