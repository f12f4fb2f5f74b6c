import type { CoreApi, LinkTarget } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import {
  admitCall,
  afterFailure,
  afterSuccess,
  afterUnusableAnswer,
  isResting,
  NO_FAILURES,
  type BreakerLimits,
  type BreakerState,
} from '../rules/breaker.ts'
import type { Tier, TierAnswer } from './tier.ts'

/** What can become of one lookup in core. */
export const CORE_LOOKUP_OUTCOMES = [
  'answered',
  'unavailable',
  'overdue',
  'failed',
  'not_asked',
] as const

/** One of `CORE_LOOKUP_OUTCOMES`. */
export type CoreLookupOutcome = (typeof CORE_LOOKUP_OUTCOMES)[number]

/** What the core tier uses. */
export type CoreTierDeps = {
  readonly core: Pick<CoreApi, 'lookupLink'>
  readonly uptimeMs: () => number
  readonly onOutcome: (outcome: CoreLookupOutcome) => void
  /** Called when core begins to be left alone, and with undefined when it answers again. */
  readonly onRest: (cause: unknown) => void
}

/** The last tier: api-core, left alone for a moment when it keeps being out of reach. */
export class CoreTier implements Tier {
  readonly #limits: BreakerLimits
  readonly #deps: CoreTierDeps
  #breaker: BreakerState = NO_FAILURES

  constructor(limits: BreakerLimits, deps: CoreTierDeps) {
    this.#limits = limits
    this.#deps = deps
  }

  async get(target: LinkTarget): Promise<TierAnswer> {
    const { core, uptimeMs, onOutcome } = this.#deps
    const admitted = admitCall(this.#breaker, uptimeMs(), this.#limits)
    if (admitted === undefined) {
      onOutcome('not_asked')
      return { kind: 'cannot_tell' }
    }
    this.#breaker = admitted
    try {
      const lookup = await core.lookupLink(target)
      onOutcome('answered')
      this.#settle(afterSuccess(this.#breaker, uptimeMs(), this.#limits), undefined)
      return { kind: 'answered', tier: 'core', lookup, ageMs: 0 }
    } catch (error) {
      const outcome = failureOf(error)
      onOutcome(outcome)
      // Why only these: one link that core has no answer for must not keep the others from asking.
      const next =
        outcome === 'failed'
          ? afterUnusableAnswer(this.#breaker, uptimeMs())
          : afterFailure(this.#breaker, uptimeMs(), this.#limits)
      this.#settle(next, error)
      return { kind: 'cannot_tell' }
    }
  }

  #settle(next: BreakerState, cause: unknown): void {
    const wasResting = isResting(this.#breaker, this.#limits)
    this.#breaker = next
    if (isResting(next, this.#limits) !== wasResting) this.#deps.onRest(cause)
  }
}

/** Gives what became of a call that threw; `failed`: core answered, but only with an error. */
export function failureOf(error: unknown): 'unavailable' | 'overdue' | 'failed' {
  if (!(error instanceof AppError)) return 'failed'
  if (error.code === 'core_overdue') return 'overdue'
  const isAway = error.code === 'core_unavailable' || error.code === 'storage_unavailable'
  return isAway ? 'unavailable' : 'failed'
}
