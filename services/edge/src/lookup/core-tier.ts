import type { CoreApi, LinkTarget } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import {
  admitCall,
  afterFailure,
  isResting,
  NO_FAILURES,
  type BreakerLimits,
  type BreakerState,
} from '../rules/core-breaker.ts'
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

/** The last tier: api-core, left alone for a moment when it keeps failing. */
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
      this.#settle(NO_FAILURES, undefined)
      return { kind: 'answered', tier: 'core', lookup }
    } catch (error) {
      onOutcome(outcomeOf(error))
      this.#settle(afterFailure(this.#breaker, uptimeMs(), this.#limits), error)
      return { kind: 'cannot_tell' }
    }
  }

  #settle(next: BreakerState, cause: unknown): void {
    const wasResting = isResting(this.#breaker, this.#limits)
    this.#breaker = next
    if (isResting(next, this.#limits) !== wasResting) this.#deps.onRest(cause)
  }
}

function outcomeOf(error: unknown): CoreLookupOutcome {
  if (!(error instanceof AppError)) return 'failed'
  if (error.code === 'core_unavailable') return 'unavailable'
  return error.code === 'core_overdue' ? 'overdue' : 'failed'
}
