import { setTimeout as delay } from 'node:timers/promises'
import { dueBetween, summaryOf } from './harness/load.ts'
import { MIX, startRedisWorld } from './harness/redis-world.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { redisMissing } from './harness/tools.ts'

const P99_MS_MAX = 25

/** S1: Redis is killed under load, and comes back empty. */
export const S1: Row = {
  name: 'S1',
  title: 'Redis is killed and comes back empty',
  goal: `0 failed or wrong answers, p99 at most ${P99_MS_MAX} ms`,
  run,
}

async function run(context: RowContext): Promise<Finding> {
  const missing = redisMissing()
  if (missing !== undefined) return missing
  const { isShort, say } = context
  await using world = await startRedisWorld(context)
  const { core, load, redis } = world
  await delay(isShort ? 2_000 : 10_000)
  const before = await core.counts()
  const killedMs = performance.now()
  await redis.kill()
  say('Redis is killed')
  await delay(isShort ? 4_000 : 25_000)
  const whileAway = (await core.counts()).lookups - before.lookups
  await redis.start()
  const backMs = performance.now()
  say('Redis is back, empty')
  await delay(isShort ? 2_000 : 15_000)
  const samples = await load.stop()
  const all = summaryOf(samples)
  const after = summaryOf(dueBetween(samples, killedMs, Infinity))
  const figure = all.failed + all.wrong
  return {
    kind: 'measured',
    figure,
    unit: 'failed or wrong answers',
    pass: figure === 0 && after.p99_ms <= P99_MS_MAX,
    facts: {
      rate: MIX.rate,
      cold_share: MIX.coldShare,
      p99_ms: after.p99_ms,
      before: summaryOf(dueBetween(samples, 0, killedMs)),
      while_away: summaryOf(dueBetween(samples, killedMs, backMs)),
      while_away_cold: summaryOf(
        dueBetween(samples, killedMs, backMs).filter(({ kind }) => kind === 'cold'),
      ),
      after: summaryOf(dueBetween(samples, backMs, Infinity)),
      core_lookups_before: before.lookups,
      core_lookups_while_away: whileAway,
    },
  }
}
