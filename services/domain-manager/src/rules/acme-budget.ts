import type { DurationMs, EpochMs } from '@fingerpost/model/time'

const MINUTE_MS: DurationMs = 60_000
const HOUR_MS: DurationMs = 60 * MINUTE_MS
const DAY_MS: DurationMs = 24 * HOUR_MS

/** A bucket of tokens that fills up evenly: `tokens` in `periodMs`. */
export type Limit = { readonly tokens: number; readonly periodMs: DurationMs }

/**
 * The limits of Let's Encrypt that new hostnames can run into.
 *
 * @see letsencrypt.org/docs/rate-limits
 */
export const LIMITS = {
  /** Orders of the account. */
  account: { tokens: 300, periodMs: 3 * HOUR_MS },
  /** Certificates for a registrable domain. */
  registrable_domain: { tokens: 50, periodMs: 7 * DAY_MS },
  /** Certificates for exactly this hostname. */
  hostname: { tokens: 5, periodMs: 7 * DAY_MS },
  /** Validations of the hostname that failed. */
  failed_validations: { tokens: 5, periodMs: HOUR_MS },
} as const satisfies Readonly<Record<string, Limit>>

/** One of `LIMITS`. */
export type LimitName = keyof typeof LIMITS

/** Why a new hostname is held back: a limit, or the pause after a failure. */
export type HoldReason = LimitName | 'backoff'

/** The part of the account's orders that is kept for renewals. */
export const RENEWALS_PART = 0.2

/**
 * How long after each failure in a row nothing is ordered; the last one holds for all later ones.
 *
 * Why no longer than an hour: a customer who has put DNS right waits for it. At that pace a
 * hostname collects 24 failures a day, and the CA pauses one after 1,152 in a row.
 */
export const FAILURE_PAUSES_MS: readonly DurationMs[] = [
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
]

/** How long an order may be put off because the CA says so. */
export const PAUSE_MS_MAX: DurationMs = DAY_MS

/** How long a yes counts as an order although no order was seen: above what a handshake takes. */
export const RESERVATION_MS: DurationMs = 5 * MINUTE_MS

/** How long an attempt of an order can take, from its first line in the log to its last one. */
export const ORDER_MS_MAX: DurationMs = 15 * MINUTE_MS

/**
 * For how long Caddy may try again by itself after an order failed: for as long as a handshake
 * waits for its certificate.
 */
export const OWN_RETRY_MS_MAX: DurationMs = 3 * MINUTE_MS

/**
 * For how long a certificate may be valid of which no more is known than that it
 * may have been issued: no public CA issues longer ones.
 */
export const MAY_HOLD_MS: DurationMs = 398 * DAY_MS

/**
 * How full a bucket is, as one instant: when it is full again. At or before now,
 * it is full.
 */
export type FullAt = EpochMs

/** Takes a token; a bucket that has none left stays empty. */
export function takeToken(fullAt: FullAt, now: EpochMs, limit: Limit): FullAt {
  const after = Math.max(fullAt, now) + tokenMs(limit)
  return Math.min(after, now + limit.periodMs)
}

/** Gives a token back. */
export function giveToken(fullAt: FullAt, limit: Limit): FullAt {
  return fullAt - tokenMs(limit)
}

/**
 * Gives a bucket of which the CA says that it has no token left.
 *
 * @param retryAt when the CA has the next one; undefined: it did not say
 */
export function emptiedBucket(limit: Limit, retryAt: EpochMs | undefined, now: EpochMs): FullAt {
  const pauseMs = tokenMs(limit)
  return Math.min(retryAt ?? now + pauseMs, now + pauseMs) + limit.periodMs - pauseMs
}

/** Gives a bucket that was noted under a clock that was ahead: empty, in place of worse. */
export function afterClockSetBack(fullAt: FullAt, now: EpochMs, limit: Limit): FullAt {
  return Math.min(fullAt, now + limit.periodMs)
}

/**
 * Tells when a token can be taken; at or before now: at once.
 *
 * @param kept so many tokens are not to be touched: reservations, and a reserve
 */
export function nextTokenAt(fullAt: FullAt, now: EpochMs, limit: Limit, kept: number): EpochMs {
  // Why not later than that: a clock that was ahead must not have a slot told that is years away.
  const filled = Math.min(Math.max(fullAt, now), now + limit.periodMs)
  return filled + (kept + 1) * tokenMs(limit) - limit.periodMs
}

/** Gives how long a bucket takes to get one token back. */
export function tokenMs({ tokens, periodMs }: Limit): DurationMs {
  return periodMs / tokens
}

/** What was seen of one hostname's orders. */
export type NameBudget = {
  readonly certificates: FullAt
  readonly failedValidations: FullAt
  /**
   * Until when it may have a certificate, as far as the log and our own answers tell. Undefined:
   * it has none, because its first order failed.
   */
  readonly mayHoldUntil: EpochMs | undefined
  /** The order that runs, as far as the log tells; the first one is of a name without any. */
  readonly order: 'none' | 'first' | 'renewal'
  /** Until when a yes counts as an order; 0: no yes waits for its order. */
  readonly reservedUntil: EpochMs
  /** Failures in a row. */
  readonly failures: number
  /** When the last order failed; 0: none did. */
  readonly failedAt: EpochMs
  /** When the pause after the last failure is over; 0: there was none. */
  readonly pausedUntil: EpochMs
}

/** What is known of a hostname whose first order is ahead. */
export const FRESH_NAME: NameBudget = Object.freeze({
  certificates: 0,
  failedValidations: 0,
  mayHoldUntil: undefined,
  order: 'none',
  reservedUntil: 0,
  failures: 0,
  failedAt: 0,
  pausedUntil: 0,
})

/** All that decides whether a permitted hostname is held back. */
export type BudgetQuestion = {
  /** Until when core says that it may have a certificate; undefined: nothing is known of one. */
  readonly mayHoldUntil: EpochMs | undefined
  /** Undefined: nothing was seen of it. */
  readonly name: NameBudget | undefined
  readonly account: FullAt
  /** Undefined: the hostname is under no registrable domain. */
  readonly registrableDomain: FullAt | undefined
  /** Yes-es that wait for their orders. */
  readonly reserved: { readonly account: number; readonly registrableDomain: number }
  /** Whether every order is seen, and was since before there could be a certificate. */
  readonly knowsAll: boolean
}

/**
 * Whether a permitted hostname may be loaded, ordered or renewed.
 *
 * - `allowed`: yes, and nothing is counted
 * - `allowed_new`: yes, and it counts as an order from now on
 * - `held_back`: not before `until`
 */
export type BudgetVerdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'allowed_new' }
  | { readonly kind: 'held_back'; readonly reason: HoldReason; readonly until: EpochMs }

/**
 * Decides whether a permitted hostname is held back, so that the CA's limits are
 * kept for everybody.
 *
 * Never one that may have an unexpired certificate: Caddy asks before it loads one
 * as well, and a no would take a working site away. One of which nothing is known
 * counts as such, unless all is known.
 */
export function judgeOrder(question: BudgetQuestion, now: EpochMs): BudgetVerdict {
  const { name, mayHoldUntil = 0 } = question
  if (mayHoldUntil > now || (name?.mayHoldUntil ?? 0) > now) return ALLOWED
  if (name === undefined && !question.knowsAll) return ALLOWED

  const { account, registrableDomain, reserved } = question
  const { certificates, failedValidations, pausedUntil } = name ?? FRESH_NAME
  const renewals = LIMITS.account.tokens * RENEWALS_PART
  const slots: [HoldReason, EpochMs][] = [
    // Why not later than that: a clock that was ahead must not have a slot told that is years away.
    ['backoff', Math.min(pausedUntil, now + PAUSE_MS_MAX)],
    ['failed_validations', nextTokenAt(failedValidations, now, LIMITS.failed_validations, 0)],
    ['hostname', nextTokenAt(certificates, now, LIMITS.hostname, 0)],
    ['account', nextTokenAt(account, now, LIMITS.account, renewals + reserved.account)],
  ]
  if (registrableDomain !== undefined) {
    const kept = reserved.registrableDomain
    const limit = LIMITS.registrable_domain
    slots.push(['registrable_domain', nextTokenAt(registrableDomain, now, limit, kept)])
  }
  const [reason, until] = slots.reduce((latest, slot) => (slot[1] > latest[1] ? slot : latest))
  return until > now ? { kind: 'held_back', reason, until: Math.ceil(until) } : ALLOWED_NEW
}

const ALLOWED: BudgetVerdict = Object.freeze({ kind: 'allowed' })
const ALLOWED_NEW: BudgetVerdict = Object.freeze({ kind: 'allowed_new' })

/**
 * Notes a yes to a new hostname. From now on it may have a certificate, also when
 * no line of the log ever says so: lines can be lost.
 */
export function afterYes(name: NameBudget | undefined, now: EpochMs): NameBudget {
  const reservedUntil = now + RESERVATION_MS
  return { ...(name ?? FRESH_NAME), reservedUntil, mayHoldUntil: now + MAY_HOLD_MS }
}

/** Notes that an order was begun; its reservation is used up. */
export function afterOrder(
  name: NameBudget | undefined,
  isRenewal: boolean,
  now: EpochMs,
): NameBudget {
  const before = name ?? FRESH_NAME
  const certificates = isRenewal
    ? before.certificates
    : takeToken(before.certificates, now, LIMITS.hostname)
  const order = isRenewal ? 'renewal' : 'first'
  return { ...before, certificates, order, reservedUntil: 0, mayHoldUntil: now + MAY_HOLD_MS }
}

/** Notes that a certificate was issued. */
export function afterIssued(name: NameBudget | undefined, now: EpochMs): NameBudget {
  const nothingPending = { order: 'none', reservedUntil: 0, failures: 0, pausedUntil: 0 } as const
  return { ...(name ?? FRESH_NAME), ...nothingPending, mayHoldUntil: now + MAY_HOLD_MS }
}

/**
 * Tells until when a hostname may have a certificate, unless its first order is still under way;
 * undefined: it has none yet, or nothing is known of one.
 */
export function holdFromLog(name: NameBudget | undefined, now: EpochMs): EpochMs | undefined {
  if (name === undefined || isFirstOrder(name, now) || name.reservedUntil > now) return undefined
  return name.mayHoldUntil
}

// Why only for so long: the line that told the end of the order may be lost, and what fails
// months later is a renewal, whose line may be lost as well.
function isFirstOrder({ order, mayHoldUntil = 0 }: NameBudget, now: EpochMs): boolean {
  return order === 'first' && now < mayHoldUntil - MAY_HOLD_MS + ORDER_MS_MAX
}

/**
 * Notes that an order failed. One failure may be told twice: only the first time counts. Only
 * after the first order of a hostname it says that there is no certificate.
 */
export function afterFailure(
  name: NameBudget | undefined,
  failure: OrderFailure,
  now: EpochMs,
): NameBudget | undefined {
  if (name === undefined || name.order === 'none') return name
  const isFirst = isFirstOrder(name, now)
  const failures = failure.isTransient ? name.failures : name.failures + 1
  const pausedUntil = now + pauseAfter(failure.isTransient ? 0 : failures)
  return {
    ...bucketsAfter(name, { ...failure, isFirst }, now),
    mayHoldUntil: isFirst ? undefined : name.mayHoldUntil,
    order: 'none',
    reservedUntil: 0,
    failures,
    failedAt: now,
    // Why not as long as the CA says, whatever it says: it may be wrong.
    pausedUntil: Math.max(pausedUntil, Math.min(failure.retryAt ?? 0, now + PAUSE_MS_MAX)),
  }
}

/** How an order failed. */
export type OrderFailure = {
  readonly isValidationFailure: boolean
  /** Whether the CA itself was the trouble: the pause then stays short. */
  readonly isTransient: boolean
  /** The limit of which the CA says that it is reached; undefined: it named none. */
  readonly limit: LimitName | undefined
  /** Before when the CA takes no other order for the hostname; undefined: it did not say. */
  readonly retryAt: EpochMs | undefined
}

function bucketsAfter(
  { certificates, failedValidations }: NameBudget,
  failure: OrderFailure & { readonly isFirst: boolean },
  now: EpochMs,
): Pick<NameBudget, 'certificates' | 'failedValidations'> {
  const { isFirst, isValidationFailure, limit, retryAt } = failure
  const emptied = (which: 'hostname' | 'failed_validations'): FullAt =>
    emptiedBucket(LIMITS[which], retryAt, now)
  if (limit === 'hostname') return { certificates: emptied(limit), failedValidations }
  const given = isFirst ? giveToken(certificates, LIMITS.hostname) : certificates
  if (limit === 'failed_validations') {
    return { certificates: given, failedValidations: emptied(limit) }
  }
  const taken = isValidationFailure
    ? takeToken(failedValidations, now, LIMITS.failed_validations)
    : failedValidations
  return { certificates: given, failedValidations: taken }
}

/**
 * Takes back what was noted of a hostname under a clock that was ahead: nothing is to hold it back
 * for longer than anything can that is noted now.
 *
 * Why not until when it may have a certificate: the clock may be behind now, and that one must
 * never be too early.
 */
export function nameAfterClockSetBack(name: NameBudget, now: EpochMs): NameBudget {
  return {
    ...name,
    certificates: afterClockSetBack(name.certificates, now, LIMITS.hostname),
    failedValidations: afterClockSetBack(name.failedValidations, now, LIMITS.failed_validations),
    reservedUntil: Math.min(name.reservedUntil, now + RESERVATION_MS),
    failedAt: Math.min(name.failedAt, now),
    pausedUntil: Math.min(name.pausedUntil, now + PAUSE_MS_MAX),
  }
}

/**
 * Notes that lines of the log may be missing. What Caddy may have tried again by itself meanwhile,
 * after its first order failed, may have a certificate.
 *
 * @param from the first instant of which lines may be missing
 */
export function afterGap(name: NameBudget, from: EpochMs, now: EpochMs): NameBudget {
  const mayBeTriedAgain = from < name.failedAt + OWN_RETRY_MS_MAX
  return name.mayHoldUntil === undefined && mayBeTriedAgain
    ? { ...name, mayHoldUntil: now + MAY_HOLD_MS }
    : name
}

/** @param failures in a row; 0: the CA itself was the trouble */
function pauseAfter(failures: number): DurationMs {
  return FAILURE_PAUSES_MS[Math.min(failures, FAILURE_PAUSES_MS.length) - 1] ?? MINUTE_MS
}

/** Tells whether what is noted of a hostname says nothing any more. */
export function isSpent(name: NameBudget, now: EpochMs): boolean {
  const { certificates, failedValidations, mayHoldUntil = 0, pausedUntil } = name
  // Why a day more: until then the next failure is one in a row.
  const ends = [certificates, failedValidations, mayHoldUntil, pausedUntil + DAY_MS]
  return ends.every((end) => end <= now)
}
