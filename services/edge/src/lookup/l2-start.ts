import type { Logger } from '@fingerpost/chassis/logger'
import type { EdgeConfig } from '../config.ts'
import { L2_LIMITS, REDIS_LIMITS } from '../limits.ts'
import type { L2State } from '../metrics.ts'
import { describeRedisFailure } from '../rules/redis-failure.ts'
import { L2Entries } from './l2-entries.ts'
import { describeRedis } from './redis-config.ts'
import { connectRedis } from './redis-connection.ts'
import {
  L2_LOOKUP_OUTCOMES,
  L2_WRITE_OUTCOMES,
  RedisTier,
  type L2LookupOutcome,
  type L2WriteOutcome,
  type RedisTierDeps,
} from './redis-tier.ts'
import type { Tier } from './tier.ts'

/** What L2 uses. */
export type L2Deps = Pick<RedisTierDeps, 'core' | 'memory' | 'isConnected' | 'now' | 'uptimeMs'> & {
  /** Of the installation, as shared with api-core. */
  readonly secret: string
  readonly log: Logger
  readonly metrics: { watchL2(state: L2State): void }
  /** Closes the connection when the edge stops. */
  readonly stack: { use<Value extends Disposable>(value: Value): Value }
}

/** Puts L2 in front of core, if Redis is set; Redis does not have to be there. */
export function startL2(
  config: Pick<EdgeConfig, 'redis' | 'l2MsMax' | 'staleMsMax'>,
  deps: L2Deps,
): Tier {
  const { redis, l2MsMax, staleMsMax } = config
  if (redis === undefined) return deps.core
  const { log, uptimeMs } = deps
  const lookups = new Map<L2LookupOutcome, number>(L2_LOOKUP_OUTCOMES.map((one) => [one, 0]))
  const writes = new Map<L2WriteOutcome, number>(L2_WRITE_OUTCOMES.map((one) => [one, 0]))
  deps.metrics.watchL2({ lookups: () => lookups, writes: () => writes })
  const server = describeRedis(redis)
  let isTroubleTold = false
  const store = deps.stack.use(
    connectRedis(redis, REDIS_LIMITS, {
      uptimeMs,
      onReady: () => {
        isTroubleTold = false
        log.info({ redis: server }, 'redis connected')
      },
      onTrouble: (cause) => {
        const facts = { redis: server, error: describeRedisFailure(cause) }
        // Why only the first: it is tried again several times a second.
        log[isTroubleTold ? 'debug' : 'warn'](facts, 'redis not connected')
        isTroubleTold = true
      },
    }),
  )
  return new RedisTier(
    { ...L2_LIMITS, readMsMax: l2MsMax, staleMsMax },
    {
      ...deps,
      store,
      entries: new L2Entries(deps.secret),
      onLookup: (outcome) => lookups.set(outcome, (lookups.get(outcome) ?? 0) + 1),
      onWrite: (outcome) => writes.set(outcome, (writes.get(outcome) ?? 0) + 1),
      onRest: (cause) => {
        if (cause === undefined) log.info('redis answers lookups again')
        else log.warn({ error: describeRedisFailure(cause) }, 'redis keeps failing lookups')
      },
    },
  )
}
