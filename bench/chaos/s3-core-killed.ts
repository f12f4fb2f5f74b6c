import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { range, startBenchEdge, warm } from '../harness/edge.ts'
import { scrape } from '../harness/prometheus.ts'
import { eventually } from '../../test/support/eventually.ts'
import { indexBelow, linkRequest } from './harness/link-requests.ts'
import { dueBetween, Load, rounded, summaryOf } from './harness/load.ts'
import { RealCore } from './harness/real-core.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

const SET = { links: 1_000, hostnames: 4 }
const RATE = 2_000

/** S3: the links that an edge knows while api-core is dead. */
export const S3: Row = {
  name: 'S3',
  title: 'api-core is killed and comes back',
  goal: '0 failures and 0 false answers for known links',
  run,
}

async function run({ directory, isShort, random, say }: RowContext): Promise<Finding> {
  const awayMs = isShort ? 8_000 : 45_000
  await using core = await RealCore.start(join(directory, 'core'))
  say(`api-core is up; making ${SET.links} links`)
  await core.seed(SET)
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir: join(directory, 'edge'),
    core: undefined,
    // Why: entries outlive their lifetime several times within the row.
    settings: { EDGE_L1_TTL_MS: '3000' },
  })
  await warm(edge.port, range(0, SET.links), SET)

  await using load = new Load({
    destination: { port: edge.port },
    rate: RATE,
    connectionsMax: 256,
    next: () => linkRequest(indexBelow(SET.links, random), SET, 'known'),
  })
  await delay(isShort ? 2_000 : 8_000)
  const killedMs = performance.now()
  await core.kill()
  say(`api-core is killed, for ${awayMs} ms`)
  await delay(awayMs)
  await core.start()
  const backMs = performance.now()
  say('api-core is back')
  await eventually(
    'the edge follows changes again',
    async () => (await scrape(edge.opsPort)).sum('fingerpost_edge_change_stream_connected') > 0,
    { withinMs: 20_000 },
  )
  const followsAfterMs = performance.now() - backMs
  await delay(isShort ? 1_000 : 5_000)
  const samples = await load.stop()
  const all = summaryOf(samples)
  const figure = all.failed + all.wrong
  return {
    kind: 'measured',
    figure,
    unit: 'failed or false answers',
    pass: figure === 0 && all.requests > 0,
    facts: {
      rate: RATE,
      away_ms: awayMs,
      before: summaryOf(dueBetween(samples, 0, killedMs)),
      while_away: summaryOf(dueBetween(samples, killedMs, backMs)),
      after: summaryOf(dueBetween(samples, backMs, Infinity)),
      follows_changes_after_ms: rounded(followsAfterMs),
    },
  }
}
