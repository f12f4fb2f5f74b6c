import {
  DEVICE_CLASSES,
  VISITOR_KINDS,
  hourOf,
  type ClickCount,
  type VisitorKind,
} from '@fingerpost/model/click'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import type { EpochMs } from '@fingerpost/model/time'
import { asksForPrivacy, visitorOf } from '../rules/click-dimensions.ts'
import { deviceOf } from '../rules/click-device.ts'
import { readReferrer, referrerOn, type Referrer } from '../rules/click-referrer.ts'
import { BoundedMemo } from '../bounded-memo.ts'
import { ClickTable, packRest, type PackedDimensions, type TallyMemo } from './click-table.ts'
import type { Said } from './said.ts'

/** How much counting may hold in memory. */
export type CounterLimits = {
  /** Different counts since the last seal; at most `REFERRERS_MAX`. */
  readonly entriesMax: number
  /** Of either cache: of User-Agents and of Referers. */
  readonly textsMax: number
  /** Of a text in a cache; of longer ones only so much is looked at. */
  readonly textLengthMax: number
}

/** What counting uses. */
export type CounterDeps = {
  /** The wall clock. */
  readonly now: () => EpochMs
  readonly isBot: (userAgent: string) => boolean
  /** Upper case, empty when not known; undefined: no country is counted at all. */
  readonly countryOf: ((said: Said) => string) | undefined
  /** Asks for a seal; called each time that there is no room for a click. */
  readonly onFull: () => void
}

/** Counts clicks in memory until they are taken. Knows each text it has seen, within bounds. */
export class ClickCounter {
  readonly #counted: number[] = VISITOR_KINDS.map(() => 0)
  /** Clicks that found no room. */
  dropped = 0
  readonly #entriesMax: number
  readonly #deps: CounterDeps
  readonly #agents: BoundedMemo<Agent>
  readonly #referrers: BoundedMemo<Referrer>
  readonly #dimensions: PackedDimensions = { referrer: '', rest: 0 }
  #epoch = 0
  #table: ClickTable
  #tableEndsAt: EpochMs
  /** Tables of hours that are over, or, when the clock was set, of any. */
  #closed: ClickTable[] = []
  #closedEntries = 0

  constructor(limits: CounterLimits, deps: CounterDeps) {
    const { entriesMax, textsMax: textsHeldMax, textLengthMax: lengthMax } = limits
    this.#entriesMax = entriesMax
    this.#deps = deps
    this.#agents = new BoundedMemo({ entriesMax: textsHeldMax, lengthMax }, (userAgent) =>
      readAgent(userAgent.slice(0, lengthMax), deps.isBot),
    )
    this.#referrers = new BoundedMemo({ entriesMax: textsHeldMax, lengthMax }, (referer) =>
      readReferrer(referer.slice(0, lengthMax)),
    )
    this.#table = this.#newTable(hourOf(deps.now()))
    this.#tableEndsAt = this.#table.hour + HOUR_MS
  }

  /** How many different counts wait to be taken: at most `entriesMax`. */
  get entries(): number {
    return this.#table.entries + this.#closedEntries
  }

  /** Gives the clicks counted so far, taken or not, by kind of visitor. */
  countedByVisitor(): readonly (readonly [visitor: VisitorKind, clicks: number])[] {
    return VISITOR_KINDS.map((visitor, index) => [visitor, this.#counted[index] ?? 0])
  }

  /** Counts one redirect. @param memo kept by the caller from one click on a link to the next */
  count(domain: ServedDomain, link: ServedLink, said: Said, memo: TallyMemo): void {
    const now = this.#deps.now()
    if (now >= this.#tableEndsAt || now < this.#table.hour) this.#turnTo(hourOf(now))
    const { userAgent, referer } = said
    const agent = userAgent === undefined ? NO_AGENT : this.#agents.get(userAgent)
    const visitor = VISITOR_NUMBERS[visitorOf(said.method, said.purpose, agent.isBot)]
    const dimensions = this.#dimensions
    dimensions.referrer = ''
    dimensions.rest = visitor | WITHHELD
    if (!domain.honoursPrivacySignals || !asksForPrivacy(said.dnt, said.secGpc)) {
      if (referer !== undefined) {
        dimensions.referrer = referrerOn(domain.hostname, this.#referrers.get(referer))
      }
      dimensions.rest = packRest(visitor, agent.device, this.#deps.countryOf?.(said) ?? '')
    }
    this.#add(link, domain, visitor, memo)
  }

  /** Takes what was counted since the last time, to be read once; counting goes on from nothing. */
  take(): Iterable<ClickCount> {
    const tables = [...this.#closed, this.#table]
    this.#closed = []
    this.#closedEntries = 0
    this.#table = this.#newTable(this.#table.hour)
    return countsOf(tables)
  }

  #add(link: ServedLink, domain: ServedDomain, visitor: number, memo: TallyMemo): void {
    const dimensions = this.#dimensions
    let isCounted = this.#table.add(link, domain, dimensions, this.#roomMax(), memo)
    if (!isCounted) {
      this.#deps.onFull()
      isCounted = this.#table.add(link, domain, dimensions, this.#roomMax(), memo)
    }
    if (isCounted) this.#counted[visitor] = (this.#counted[visitor] ?? 0) + 1
    else this.dropped += 1
  }

  #newTable(hour: EpochMs): ClickTable {
    this.#epoch += 1
    return new ClickTable(hour, this.#epoch)
  }

  #roomMax(): number {
    return this.#entriesMax - this.#closedEntries
  }

  #turnTo(hour: EpochMs): void {
    if (this.#table.entries > 0) {
      this.#closed.push(this.#table)
      this.#closedEntries += this.#table.entries
    }
    this.#table = this.#newTable(hour)
    this.#tableEndsAt = hour + HOUR_MS
  }
}

type Agent = { readonly device: number; readonly isBot: boolean }

const HOUR_MS = 3_600_000
// Why not a bot: only a program that says so is one.
const NO_AGENT: Agent = { device: DEVICE_CLASSES.indexOf('unknown'), isBot: false }
const WITHHELD = packRest(0, DEVICE_CLASSES.indexOf('unknown'), '')
const VISITOR_NUMBERS: Readonly<Record<VisitorKind, number>> = {
  human: 0,
  bot: 1,
  prefetch: 2,
  head: 3,
}

function readAgent(userAgent: string, isBot: (userAgent: string) => boolean): Agent {
  return { device: DEVICE_CLASSES.indexOf(deviceOf(userAgent)), isBot: isBot(userAgent) }
}

function* countsOf(tables: readonly ClickTable[]): Generator<ClickCount> {
  for (const table of tables) yield* table.counts()
}
