import { DEVICE_CLASSES, VISITOR_KINDS, type ClickCount } from '@fingerpost/model/click'
import type { EpochMs } from '@fingerpost/model/time'

/**
 * The clicks of one hour since the last seal.
 *
 * One map from the link's id to its counts. Everything that is counted of a
 * click is packed into one small integer (`packRest`, referrer), so that a click
 * like an earlier one is two look-ups and an addition, without an allocation.
 * Most links are clicked in one way only within a second: their count stands in
 * the link's own object, and only a second way makes a map.
 */
export class ClickTable {
  readonly hour: EpochMs
  readonly #links = new Map<string, LinkClicks>()
  readonly #referrers: string[] = ['']
  readonly #referrerNumbers = new Map<string, number>([['', 0]])
  readonly #epoch: number
  /** How many different counts are held. */
  entries = 0

  /** @param epoch another one for each table */
  constructor(hour: EpochMs, epoch: number) {
    this.hour = hour
    this.#epoch = epoch
  }

  /**
   * Counts one click; gives false, and keeps nothing of it, when that would be a
   * new entry beyond `entriesMax`.
   *
   * @param entriesMax at most `REFERRERS_MAX`, since every referrer has an entry
   * @param memo where the link's clicks are remembered, which spares looking for them
   */
  add(
    link: { readonly id: string },
    domain: { readonly workspaceId: string },
    dimensions: PackedDimensions,
    entriesMax: number,
    memo: TallyMemo,
  ): boolean {
    const isFull = this.entries >= entriesMax
    const referrer = this.#referrerNumbers.get(dimensions.referrer)
    if (referrer === undefined && isFull) return false
    const packed =
      dimensions.rest | ((referrer ?? this.#addReferrer(dimensions.referrer)) << REST_BITS)
    const known = memo.tally
    const clicks = known?.epoch === this.#epoch ? known : this.#links.get(link.id)
    if (clicks !== undefined) memo.tally = clicks
    if (clicks !== undefined && clicks.packed === packed) {
      clicks.count += 1
      return true
    }
    const count = clicks?.others?.get(packed)
    if (count !== undefined) {
      clicks?.others?.set(packed, count + 1)
      return true
    }
    if (isFull) return false
    this.entries += 1
    if (clicks === undefined) {
      const { workspaceId } = domain
      memo.tally = { epoch: this.#epoch, workspaceId, packed, count: 1, others: undefined }
      this.#links.set(link.id, memo.tally)
    } else {
      clicks.others ??= new Map()
      clicks.others.set(packed, 1)
    }
    return true
  }

  /** Unpacks what was counted, one by one, since there may be many. */
  *counts(): Generator<ClickCount> {
    for (const [linkId, clicks] of this.#links) {
      yield this.#unpack(linkId, clicks.workspaceId, clicks.packed, clicks.count)
      if (clicks.others === undefined) continue
      for (const [packed, count] of clicks.others) {
        yield this.#unpack(linkId, clicks.workspaceId, packed, count)
      }
    }
  }

  #addReferrer(referrer: string): number {
    // Why a copy: a part of a received text would keep all of it in memory.
    const own = Buffer.from(referrer).toString()
    this.#referrers.push(own)
    this.#referrerNumbers.set(own, this.#referrers.length - 1)
    return this.#referrers.length - 1
  }

  #unpack(linkId: string, workspaceId: string, packed: number, count: number): ClickCount {
    return {
      workspaceId,
      linkId,
      hour: this.hour,
      visitor: VISITOR_KINDS[packed & 3] ?? 'human',
      device: DEVICE_CLASSES[(packed >>> 2) & 7] ?? 'unknown',
      country: countryNamed((packed >>> 5) & 1023),
      referrer: this.#referrers[packed >>> REST_BITS] ?? '',
      count,
    }
  }
}

/** What is counted of a click, but for the referrer as one number (`packRest`). */
export type PackedDimensions = { referrer: string; rest: number }

/** Packs visitor, device (as they are numbered in the model) and country: 2, 3 and 10 bits. */
export function packRest(visitor: number, device: number, country: string): number {
  return visitor | (device << 2) | (countryNumber(country) << 5)
}

// Why 15 and 16 bits: together they stay a small integer of V8, which no map allocates for.
const REST_BITS = 15

/** Most different referrers that fit. */
export const REFERRERS_MAX = 65_535

function countryNumber(country: string): number {
  return country === '' ? 0 : (country.charCodeAt(0) - 65) * 26 + country.charCodeAt(1) - 64
}

function countryNamed(number: number): string {
  if (number === 0) return ''
  return String.fromCharCode(65 + Math.floor((number - 1) / 26), 65 + ((number - 1) % 26))
}

/** Holds what a table has of one link, for the next click on it. */
export type TallyMemo = { tally: LinkClicks | undefined }

/** What a table has of one link. */
export type LinkClicks = {
  /** Which table it belongs to. Why a number: whoever keeps this must not keep all of the table. */
  readonly epoch: number
  readonly workspaceId: string
  readonly packed: number
  count: number
  others: Map<number, number> | undefined
}
