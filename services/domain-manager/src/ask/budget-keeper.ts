import { DOMAIN_STATUSES } from '@fingerpost/model/domain-status'
import { registrableDomain } from '@fingerpost/model/registrable-domain'
import type { Hostname } from '@fingerpost/model/hostname'
import { describeInstant, type EpochMs } from '@fingerpost/model/time'
import {
  afterClockSetBack,
  afterFailure,
  afterGap,
  afterIssued,
  afterOrder,
  afterYes,
  emptiedBucket,
  giveToken,
  holdFromLog,
  isSpent,
  judgeOrder,
  LIMITS,
  MAY_HOLD_MS,
  nameAfterClockSetBack,
  RESERVATION_MS,
  takeToken,
  tokenMs,
  type BudgetVerdict,
  type FullAt,
  type HoldReason,
  type NameBudget,
  type OrderFailure,
} from '../rules/acme-budget.ts'
import type { CaddyEvent } from '../rules/caddy-event.ts'
import type { KnownHostname } from './compact-hostnames.ts'
import type { HostnameTable } from './hostname-table.ts'

/** Most hostnames, registrable domains, and holds that were told, that the budget remembers. */
export const BUDGET_ENTRIES_MAX = 100_000
/** Most hostnames that are remembered as permitted before there was any log. */
const UNLOGGED_MAX = 1_000
// Why not for less: clocks are put right by seconds all the time, and so long nobody minds to wait.
const SET_BACK_MS_MIN = 60_000

/** Why a hostname is held back, and until when at least. */
export type Hold = Pick<Extract<BudgetVerdict, { kind: 'held_back' }>, 'reason' | 'until'>

/** The budget as it is kept on disk. */
export type BudgetState = {
  readonly account: FullAt
  readonly domains: ReadonlyMap<string, FullAt>
  readonly names: ReadonlyMap<string, NameBudget>
  /**
   * From when on a hostname of which nothing is known has no certificate; 0: always; undefined: not
   * begun.
   */
  readonly knowsAllFrom: EpochMs | undefined
  /** Whether a line about an order was ever seen. */
  readonly hasLog: boolean
}

/**
 * Counts the orders of one Caddy against the CA's limits, and holds back new
 * hostnames for which there is no room.
 *
 * While no line of Caddy's log was ever seen, nothing is held back: then it cannot
 * be told which hostnames have certificates.
 */
export class BudgetKeeper {
  #account: FullAt = 0
  readonly #domains = new Map<string, FullAt>()
  readonly #names = new Map<Hostname, NameBudget>()
  /** Yes-es that wait for their orders. */
  readonly #reserved = new Map<Hostname, EpochMs>()
  readonly #told = new Map<Hostname, EpochMs>()
  /** The last slot for an order of the account that was told. */
  #accountSlotAt: EpochMs = 0
  #knowsAllFrom: EpochMs | undefined
  #hasLog = false
  #revision = 0
  /** The last instant that was seen. */
  #seenAt: EpochMs = 0

  /** Grows with each change of what is kept on disk. */
  get revision(): number {
    return this.#revision
  }

  get state(): BudgetState {
    return {
      account: this.#account,
      domains: this.#domains,
      names: this.#names,
      knowsAllFrom: this.#knowsAllFrom,
      hasLog: this.#hasLog,
    }
  }

  /** Takes what was kept on disk. */
  restore(state: BudgetState, now: EpochMs): void {
    this.#account = state.account
    this.#knowsAllFrom = state.knowsAllFrom
    this.#hasLog = state.hasLog
    for (const [domain, fullAt] of state.domains) this.#domains.set(domain, fullAt)
    for (const [name, budget] of state.names) {
      this.#names.set(name as Hostname, budget)
      if (budget.reservedUntil > 0) this.#reserved.set(name as Hostname, budget.reservedUntil)
    }
    // Why from there: when the last process ended is not known, but it was after that.
    this.#noteGap(latestFailure(this.#names), now)
    // Why always: the clock that wrote it may have been ahead.
    this.#takeBack(now)
  }

  /** Notes that lines of the log may be missing from now on. */
  noticeGap(now: EpochMs): void {
    this.#noteGap(now, now)
  }

  /**
   * Begins to count, unless that was done before.
   *
   * @param known the hostnames at this moment: one that is permitted already may have a
   *   certificate of which no order was ever seen
   */
  begin(known: Pick<HostnameTable, 'entries'>, now: EpochMs): void {
    if (this.#knowsAllFrom !== undefined) return
    this.#knowsAllFrom = hasCounted(known) ? now + MAY_HOLD_MS : 0
    this.#revision += 1
  }

  /** Says what an ask for a permitted hostname would be answered, and changes nothing. */
  look(hostname: Hostname, known: KnownHostname, now: EpochMs): BudgetVerdict {
    if (isUncounted(hostname) || !this.#hasLog) return { kind: 'allowed' }
    this.#noticeClock(now)
    this.#dropReservations(now)
    const domain = registrableDomain(hostname)
    return judgeOrder(
      {
        mayHoldUntil: known.mayHoldUntil,
        name: this.#names.get(hostname),
        account: this.#account,
        registrableDomain: domain === undefined ? undefined : (this.#domains.get(domain) ?? 0),
        reserved: {
          account: this.#reserved.size,
          registrableDomain: this.#reservedOf(domain),
        },
        knowsAll: this.#knowsAll(now),
      },
      now,
    )
  }

  /** Judges an ask for a permitted hostname; a yes to a new one counts from now on. */
  judge(hostname: Hostname, known: KnownHostname, now: EpochMs): BudgetVerdict {
    const verdict = this.look(hostname, known, now)
    const isUnlogged = !this.#hasLog && this.#isNew(hostname, known, now)
    if (verdict.kind === 'allowed_new' || isUnlogged) {
      this.#keep(hostname, afterYes(this.#names.get(hostname), now), now)
    }
    return verdict
  }

  /**
   * Notes an event of Caddy's log.
   *
   * @returns until when the hostname is paused after it; undefined: it is not
   */
  note(event: CaddyEvent, now: EpochMs): EpochMs | undefined {
    const { hostname } = event
    if (isUncounted(hostname)) return undefined
    this.#noticeClock(now)
    this.#hasLog = true
    this.#revision += 1
    const name = this.#names.get(hostname)
    switch (event.kind) {
      case 'order_begun':
        this.#account = takeToken(this.#account, now, LIMITS.account)
        if (!event.isRenewal) this.#changeDomain(hostname, (fullAt) => takeFrom(fullAt, now), now)
        this.#keep(hostname, afterOrder(name, event.isRenewal, now), now)
        return undefined
      case 'issued':
        this.#keep(hostname, afterIssued(name, now), now)
        return undefined
      case 'failed': {
        if (name === undefined || name.order === 'none') return pauseOf(name, now)
        if (name.order === 'first') this.#changeDomain(hostname, giveBack, now)
        const failure = failureOf(event)
        this.#empty(hostname, failure, now)
        const after = afterFailure(name, failure, now)
        if (after !== undefined) this.#keep(hostname, after, now)
        return pauseOf(after, now)
      }
      default:
        return event satisfies never
    }
  }

  /**
   * Until when the log says that a hostname may have a certificate; undefined: its first order is
   * still under way, or the log says nothing of one.
   */
  holdOf(hostname: Hostname, now: EpochMs): EpochMs | undefined {
    // Why: without a log a yes is all that is noted, whatever became of the order.
    if (!this.#hasLog) return undefined
    return holdFromLog(this.#names.get(hostname), now)
  }

  /**
   * Gives, once for each hold, when the next attempt can be made; undefined: that was told.
   * Whoever waits for the account's orders is given a place behind those who were told before.
   */
  newSlot(hostname: Hostname, hold: Hold, now: EpochMs): EpochMs | undefined {
    if ((this.#told.get(hostname) ?? 0) > now) return undefined
    this.#told.delete(hostname)
    const slot = this.#slotOf(hold)
    makeRoom(this.#told, BUDGET_ENTRIES_MAX)
    this.#told.set(hostname, slot)
    return slot
  }

  #slotOf({ reason, until }: Hold): EpochMs {
    if (reason !== 'account') return until
    const pauseMs = tokenMs(LIMITS.account)
    // Why no later: who was told before may be gone.
    const lineEndsAt = Math.min(this.#accountSlotAt + pauseMs, until + this.#told.size * pauseMs)
    this.#accountSlotAt = Math.max(until, lineEndsAt)
    return this.#accountSlotAt
  }

  /**
   * Forgets what says nothing any more.
   *
   * @param holds whether core knows by itself that a hostname may have a certificate
   */
  prune(now: EpochMs, holds: (hostname: Hostname) => boolean): void {
    // Why: certificates that are renewed without a log are known of by nobody, so that the wait
    // for the last of them to end begins anew for as long as there is none.
    if (!this.#hasLog && !this.#knowsAll(now)) this.#knowsAllFrom = now + MAY_HOLD_MS
    for (const [domain, fullAt] of this.#domains) if (fullAt <= now) this.#domains.delete(domain)
    for (const [hostname, slot] of this.#told) if (slot <= now) this.#told.delete(hostname)
    for (const [name, budget] of this.#names) {
      const isTold = budget.order === 'none' && budget.failures === 0 && holds(name)
      const isCounted = budget.certificates > now || budget.failedValidations > now
      if (isSpent(budget, now) || (isTold && !isCounted)) this.#names.delete(name)
    }
    this.#revision += 1
  }

  #isNew(hostname: Hostname, known: KnownHostname, now: EpochMs): boolean {
    if (isUncounted(hostname) || !this.#knowsAll(now)) return false
    return (known.mayHoldUntil ?? 0) <= now && !this.#names.has(hostname)
  }

  #knowsAll(now: EpochMs): boolean {
    return this.#knowsAllFrom !== undefined && this.#knowsAllFrom <= now
  }

  #keep(hostname: Hostname, budget: NameBudget, now: EpochMs): void {
    const entriesMax = this.#hasLog ? BUDGET_ENTRIES_MAX : UNLOGGED_MAX
    if (!this.#names.has(hostname) && makeRoom(this.#names, entriesMax)) {
      // Why: what is forgotten may have a certificate, and must not be taken for a new hostname.
      this.#knowsAllFrom = now + MAY_HOLD_MS
    }
    this.#names.set(hostname, budget)
    this.#reserved.delete(hostname)
    if (budget.reservedUntil > now) this.#reserved.set(hostname, budget.reservedUntil)
    this.#revision += 1
  }

  #empty(hostname: Hostname, { limit, retryAt }: OrderFailure, now: EpochMs): void {
    if (limit === 'account') this.#account = emptiedBucket(LIMITS[limit], retryAt, now)
    if (limit !== 'registrable_domain') return
    this.#changeDomain(hostname, () => emptiedBucket(LIMITS[limit], retryAt, now), now)
  }

  #changeDomain(hostname: Hostname, change: (fullAt: FullAt) => FullAt, now: EpochMs): void {
    const domain = registrableDomain(hostname)
    if (domain === undefined) return
    if (!this.#domains.has(domain)) makeRoom(this.#domains, BUDGET_ENTRIES_MAX)
    this.#domains.set(domain, change(this.#domains.get(domain) ?? now))
  }

  #noteGap(from: EpochMs, now: EpochMs): void {
    for (const [name, budget] of this.#names) this.#names.set(name, afterGap(budget, from, now))
    this.#revision += 1
  }

  #noticeClock(now: EpochMs): void {
    if (now < this.#seenAt - SET_BACK_MS_MIN) this.#takeBack(now)
    this.#seenAt = now
  }

  // Why: what was noted under a clock that was ahead would hold back for as long as it was.
  #takeBack(now: EpochMs): void {
    this.#account = afterClockSetBack(this.#account, now, LIMITS.account)
    for (const [domain, fullAt] of this.#domains) {
      this.#domains.set(domain, afterClockSetBack(fullAt, now, LIMITS.registrable_domain))
    }
    for (const [name, budget] of this.#names) {
      this.#names.set(name, nameAfterClockSetBack(budget, now))
    }
    for (const [name, until] of this.#reserved) {
      this.#reserved.set(name, Math.min(until, now + RESERVATION_MS))
    }
    this.#told.clear()
    this.#accountSlotAt = 0
    this.#revision += 1
  }

  // The first reservation is the one that ends first: all last equally long.
  #dropReservations(now: EpochMs): void {
    for (const [hostname, until] of this.#reserved) {
      if (until > now) return
      this.#reserved.delete(hostname)
    }
  }

  #reservedOf(domain: string | undefined): number {
    if (domain === undefined) return 0
    // Why not counted then: the account's limit is the one that holds.
    if (this.#reserved.size >= LIMITS.account.tokens) return 0
    let count = 0
    for (const hostname of this.#reserved.keys()) {
      if (hostname.endsWith(domain) && registrableDomain(hostname) === domain) count += 1
    }
    return count
  }
}

const takeFrom = (fullAt: FullAt, now: EpochMs): FullAt =>
  takeToken(fullAt, now, LIMITS.registrable_domain)
const giveBack = (fullAt: FullAt): FullAt => giveToken(fullAt, LIMITS.registrable_domain)

// Why: no CA vouches for them, and Caddy's own has no limits.
function isUncounted(hostname: Hostname): boolean {
  return hostname.endsWith('.localhost')
}

// Why suspended ones as well: they were permitted, and will be again.
function hasCounted(known: Pick<HostnameTable, 'entries'>): boolean {
  for (const [hostname, { status }] of known.entries()) {
    if (DOMAIN_STATUSES[status].holdsHostname && !isUncounted(hostname)) return true
  }
  return false
}

function latestFailure(names: ReadonlyMap<Hostname, NameBudget>): EpochMs {
  let latest = 0
  for (const { failedAt } of names.values()) latest = Math.max(latest, failedAt)
  return latest
}

function failureOf(event: Extract<CaddyEvent, { kind: 'failed' }>): OrderFailure {
  const { isValidationFailure, limit, error, retryAt } = event
  return {
    isValidationFailure,
    isTransient: !isValidationFailure && error.code === 'unknown',
    limit,
    // Why no other: that one is Caddy's own next attempt, which is not asked for.
    retryAt: error.code === 'rate_limited' ? retryAt : undefined,
  }
}

function pauseOf(name: NameBudget | undefined, now: EpochMs): EpochMs | undefined {
  return name !== undefined && name.pausedUntil > now ? name.pausedUntil : undefined
}

/** @returns whether the oldest entry had to go */
function makeRoom(map: Map<string, unknown>, entriesMax: number): boolean {
  const oldest = map.size >= entriesMax ? map.keys().next().value : undefined
  return oldest !== undefined && map.delete(oldest)
}

/** Says in a sentence why a hostname is held back. */
export function holdMessage(reason: HoldReason, until: EpochMs): string {
  return `${HOLD_WORDS[reason]} The next attempt can be made at ${describeInstant(until)}.`
}

const HOLD_WORDS: Readonly<Record<HoldReason, string>> = {
  account: 'Many certificates are being ordered at the moment, and the CA limits how many.',
  registrable_domain:
    'Many certificates were ordered for names under the same domain, and the CA limits how many.',
  hostname: 'Many certificates were ordered for this hostname, and the CA limits how many.',
  failed_validations: 'The CA failed to validate this hostname too often.',
  backoff: 'The last order for this hostname failed.',
}
