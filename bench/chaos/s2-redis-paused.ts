import { setTimeout as delay } from 'node:timers/promises'
import { dueBetween, rounded, summaryOf, type Sample } from './harness/load.ts'
import { MIX, startRedisWorld } from './harness/redis-world.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { redisMissing } from './harness/tools.ts'

const SLOW_MS = 15
const WINDOW_MS = 50
const SLOW_SHARE_MAX = 0.25
const BREAKER_MS_MAX = 200

/** S2: Redis hangs under load, and goes on. */
export const S2: Row = {
  name: 'S2',
  title: 'Redis is paused and goes on',
  goal: `0 failed or wrong answers, slow ones for at most ${BREAKER_MS_MAX} ms`,
  run,
}

async function run(context: RowContext): Promise<Finding> {
  const missing = redisMissing()
  if (missing !== undefined) return missing
  const { isShort, say } = context
  await using world = await startRedisWorld(context)
  const { load, redis } = world
  await delay(isShort ? 2_000 : 10_000)
  const pausedMs = performance.now()
  redis.signal('SIGSTOP')
  say('Redis is paused')
  await delay(isShort ? 4_000 : 25_000)
  redis.signal('SIGCONT')
  const onMs = performance.now()
  say('Redis goes on')
  await delay(isShort ? 2_000 : 10_000)
  const samples = await load.stop()
  const all = summaryOf(samples)
  const before = summaryOf(dueBetween(samples, 0, pausedMs))
  const paused = dueBetween(samples, pausedMs, onMs)
  const whilePaused = summaryOf(paused)
  const slowMs = slowSpan(paused, pausedMs, onMs)
  const figure = all.failed + all.wrong
  return {
    kind: 'measured',
    figure,
    unit: 'failed or wrong answers',
    pass: figure === 0 && slowMs <= BREAKER_MS_MAX,
    facts: {
      rate: MIX.rate,
      cold_share: MIX.coldShare,
      slow_for_ms: slowMs,
      slow_is_above_ms: SLOW_MS,
      added_p99_ms: rounded(whilePaused.p99_ms - before.p99_ms),
      before,
      while_paused: whilePaused,
      while_paused_cold: summaryOf(paused.filter(({ kind }) => kind === 'cold')),
      after: summaryOf(dueBetween(samples, onMs, Infinity)),
    },
  }
}

/**
 * Gives how long after the pause most cold answers were slow: the end of the last window in a row
 * in which more than a few were. One that finds out whether Redis is back may be slow any time.
 */
function slowSpan(samples: readonly Sample[], fromMs: number, toMs: number): number {
  for (let startMs = fromMs; startMs < toMs; startMs += WINDOW_MS) {
    const cold = dueBetween(samples, startMs, startMs + WINDOW_MS).filter(
      ({ kind }) => kind === 'cold',
    )
    const slow = cold.filter(({ durationMs }) => durationMs > SLOW_MS)
    if (cold.length > 0 && slow.length / cold.length <= SLOW_SHARE_MAX) return startMs - fromMs
  }
  return toMs - fromMs
}
