import type { LinkLookup, LinkTarget, Sequence } from '@fingerpost/contract/core-api'
import type { Hostname } from '@fingerpost/model/hostname'
import type { Slug } from '@fingerpost/model/slug'
import type { DurationMs } from '@fingerpost/model/time'
import type { Tier, TierAnswer, Wanted } from './tier.ts'

/** How many lookups may be under way. */
export type FlightLimits = {
  readonly flightsMax: number
  /** Most on one hostname; and most, taken together, on hostnames that are not known. */
  readonly flightsPerLaneMax: number
  /** Most requests that wait for a flight. */
  readonly waitersMax: number
  /** How often one flight asks when changes keep overtaking it. */
  readonly attemptsMax: number
  /** After this time a flight does not ask again. */
  readonly lookupMsMax: DurationMs
}

/** Where the edge stands in the order of all changes. */
export type ChangePosition = { readonly generation: number; readonly sequence: Sequence }

/** What flights use of the lookup that they belong to. */
export type FlightDeps = {
  readonly tier: Tier
  /** Answers of different generations cannot be compared: a reset begins a new one. */
  readonly generation: () => number
  /** Whether an answer has seen every change of its target that this edge has applied. */
  readonly hasSeen: (lookup: LinkLookup, target: LinkTarget) => boolean
  /** Called at the instant of landing, before any waiter. */
  readonly keep: (target: LinkTarget, answer: Answered) => void
  readonly uptimeMs: () => number
  readonly onRefused: () => void
  readonly onOutdated: () => void
}

/** An answer that says what is known. */
export type Answered = Extract<TierAnswer, { readonly kind: 'answered' }>

type Waiter = (answer: TierAnswer) => void

type Flight = {
  readonly target: LinkTarget
  readonly lane: string
  readonly wanted: Wanted
  readonly waiters: Waiter[]
}

const CANNOT_TELL: TierAnswer = { kind: 'cannot_tell' }

/**
 * Lookups that are under way in the tier below, one for each target: whoever
 * asks for the same target waits for the same flight.
 *
 * Waiters are called at the instant at which the answer was found to have seen
 * every change that this edge has applied. Why not promises: between resolving
 * one and running what waits for it a change can be applied, and the waiter
 * would answer with what is outdated by then.
 */
export class Flights {
  readonly #limits: FlightLimits
  readonly #deps: FlightDeps
  readonly #byHostname = new Map<Hostname, Map<Slug, Flight>>()
  readonly #lanes = new Map<string, number>()
  #count = 0
  #waiting = 0

  constructor(limits: FlightLimits, deps: FlightDeps) {
    this.#limits = limits
    this.#deps = deps
  }

  /**
   * Calls `waiter` once with what the tier below says, in the same tick when
   * there are too many flights or waiters, which counts as "cannot tell".
   *
   * @param options.isKnown whether the hostname is known to have a domain
   * @param options.wanted counts when this begins a flight
   */
  join(
    target: LinkTarget,
    options: { readonly isKnown: boolean; readonly wanted: Wanted },
    waiter: Waiter,
  ): void {
    const lane = laneOf(target, options.isKnown)
    const present = this.#byHostname.get(target.hostname)?.get(target.slug)
    if (present === undefined ? this.#isFull(lane) : this.#isCrowded()) {
      this.#deps.onRefused()
      waiter(CANNOT_TELL)
      return
    }
    this.#waiting += 1
    if (present !== undefined) {
      present.waiters.push(waiter)
      return
    }
    const flight = this.#begin(target, lane, options.wanted)
    flight.waiters.push(waiter)
    void this.#fly(flight)
  }

  /** Tells whether a lookup of this target is under way. */
  has(target: LinkTarget): boolean {
    return this.#byHostname.get(target.hostname)?.has(target.slug) ?? false
  }

  #isFull(lane: string): boolean {
    return (
      this.#isCrowded() ||
      this.#count >= this.#limits.flightsMax ||
      (this.#lanes.get(lane) ?? 0) >= this.#limits.flightsPerLaneMax
    )
  }

  #isCrowded(): boolean {
    return this.#waiting >= this.#limits.waitersMax
  }

  #begin(target: LinkTarget, lane: string, wanted: Wanted): Flight {
    const flight: Flight = { target, lane, wanted, waiters: [] }
    const flights = this.#byHostname.get(target.hostname) ?? new Map<Slug, Flight>()
    this.#byHostname.set(target.hostname, flights.set(target.slug, flight))
    this.#lanes.set(lane, (this.#lanes.get(lane) ?? 0) + 1)
    this.#count += 1
    return flight
  }

  async #fly(flight: Flight): Promise<void> {
    const { tier, generation, hasSeen, uptimeMs, onOutdated } = this.#deps
    const startedMs = uptimeMs()
    for (let attempt = 1; attempt <= this.#limits.attemptsMax; attempt += 1) {
      const begunIn = generation()
      const answer = await tier.get(flight.target, flight.wanted)
      // Why the generation: what was asked before a reset is not believed after it.
      const isCurrent =
        answer.kind === 'cannot_tell' ||
        (begunIn === generation() && hasSeen(answer.lookup, flight.target))
      if (isCurrent) {
        this.#land(flight, answer)
        return
      }
      onOutdated()
      if (uptimeMs() - startedMs >= this.#limits.lookupMsMax) break
    }
    this.#land(flight, CANNOT_TELL)
  }

  #land(flight: Flight, answer: TierAnswer): void {
    this.#end(flight)
    if (answer.kind === 'answered') this.#deps.keep(flight.target, answer)
    for (const waiter of flight.waiters) waiter(answer)
  }

  #end({ target, lane, waiters }: Flight): void {
    const flights = this.#byHostname.get(target.hostname)
    flights?.delete(target.slug)
    if (flights?.size === 0) this.#byHostname.delete(target.hostname)
    const left = (this.#lanes.get(lane) ?? 0) - 1
    if (left > 0) this.#lanes.set(lane, left)
    else this.#lanes.delete(lane)
    this.#count -= 1
    this.#waiting -= waiters.length
  }
}

// Why the empty text: no hostname is empty.
function laneOf(target: LinkTarget, isKnown: boolean): string {
  return isKnown ? target.hostname : ''
}
