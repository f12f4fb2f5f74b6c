import type {
  Change,
  LinkLookup,
  LinkTarget,
  Lineage,
  Sequence,
} from '@fingerpost/contract/core-api'

/**
 * Remembers the last change of every hostname and link, so that an answer, whoever kept it and
 * for how long, can be told from one that a change has outdated.
 *
 * It is a table of fixed size. Names that fall into one slot share the later of their changes:
 * that can make a good answer look outdated, never an outdated one good.
 */
export class ChangeMemory {
  readonly #slots: Float64Array
  readonly #mask: number
  /** Of what happened before this change nothing is known. */
  #floor: Sequence = 0
  #sequence: Sequence = 0
  #lineage: Lineage | undefined
  /** The history of what was kept while none was told. */
  #keptLineage: Lineage | undefined
  #isKeptMixed = false
  #hasStartedOver = false
  /** A history that went back without being called another one. */
  #distrusted: Lineage | undefined

  /** @param bits the table has 2 to the power of `bits` slots of 8 octets */
  constructor(bits: number) {
    this.#slots = new Float64Array(2 ** bits)
    this.#mask = 2 ** bits - 1
  }

  /** The history that the changes, or else what is kept, belong to; undefined: not told yet. */
  get lineage(): Lineage | undefined {
    return this.#lineage ?? this.#keptLineage
  }

  /** Whether answers that were kept elsewhere can be held against the changes at all. */
  get canVerify(): boolean {
    return this.#lineage !== undefined || !this.#hasStartedOver
  }

  /**
   * Takes note of one message of the change stream.
   *
   * @returns whether everything known before has to be confirmed again: after a reset, and when
   *   core turns out to be in another history or at an earlier place of it
   */
  apply(change: Change): boolean {
    const { kind, sequence } = change
    const goesBack = sequence < this.#sequence
    const startsOver = kind === 'reset' || goesBack || this.#isElsewhere(change)
    this.#sequence = sequence
    if (startsOver) {
      if (goesBack && kind !== 'reset') this.#distrusted = this.#lineage ?? this.#distrusted
      this.#startOver(sequence)
    }
    switch (kind) {
      case 'hostname_changed':
        this.#slots[this.#slotOf(change.hostname, '')] = sequence
        break
      case 'link_changed':
        this.#slots[this.#slotOf(change.hostname, `\0${change.slug}`)] = sequence
        break
      case 'certificate_changed':
        // Why nothing: no answer depends on it.
        break
      case 'heartbeat':
      case 'reset':
        this.#learn(change.lineage)
        break
      default:
        kind satisfies never
    }
    return startsOver
  }

  /** Tells whether an answer has seen every change of its target that was applied here. */
  hasSeen(lookup: LinkLookup, target: LinkTarget): boolean {
    const { sequence, lineage } = lookup
    if (this.#lineage !== undefined && lineage !== this.#lineage) return false
    return (
      sequence >= this.#floor &&
      sequence >= this.#lastOf(target.hostname, '') &&
      sequence >= this.#lastOf(target.hostname, `\0${target.slug}`)
    )
  }

  /** Takes note that an answer is kept: should its history not be that of the changes, all go. */
  noteKept({ lineage }: LinkLookup): void {
    if (this.#lineage !== undefined) return
    this.#isKeptMixed ||= this.#keptLineage !== undefined && this.#keptLineage !== lineage
    this.#keptLineage = lineage
  }

  #isElsewhere(change: Change): boolean {
    if (change.kind !== 'heartbeat' || change.lineage === '') return false
    const { lineage } = this
    return this.#isKeptMixed || (lineage !== undefined && lineage !== change.lineage)
  }

  #startOver(sequence: Sequence): void {
    this.#slots.fill(0)
    this.#floor = sequence
    this.#lineage = undefined
    this.#keptLineage = undefined
    this.#isKeptMixed = false
    this.#hasStartedOver = true
  }

  #learn(lineage: Lineage): void {
    if (lineage === '' || lineage === this.#distrusted) return
    this.#lineage = lineage
    this.#keptLineage = undefined
  }

  #lastOf(hostname: string, rest: string): Sequence {
    return this.#slots[this.#slotOf(hostname, rest)] ?? 0
  }

  #slotOf(hostname: string, rest: string): number {
    return hash(rest, hash(hostname, HASH_START)) & this.#mask
  }
}

const HASH_START = 0x81_1c_9d_c5
const HASH_PRIME = 0x01_00_01_93

/** FNV-1a over the UTF-16 units, its last step mixed so that the low bits are good, too. */
function hash(text: string, start: number): number {
  let state = start
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), HASH_PRIME)
  }
  return state ^ (state >>> 15)
}
