import { join } from 'node:path'
import { range, startBenchEdge, warm, type BenchEdge } from '../../harness/edge.ts'
import { startMapCore, type MapCoreProcess } from '../../harness/start-map-core.ts'
import { indexBelow, linkRequest } from './link-requests.ts'
import { Load } from './load.ts'
import { ChaosRedis } from './redis.ts'
import type { RowContext } from './row.ts'

/** How many requests a second, and how many of them are for links that L1 has dropped. */
export const MIX = { rate: 2_000, coldShare: 0.1 } as const

const HOT = 500
const COLD = 5_000
const SET = { links: HOT + COLD, hostnames: 4 }
/** Room for what is hot, and far too little for what is cold: it is gone before it comes again. */
const L1_ENTRIES_MAX = 1_500

/** An edge with L2 under the mix of hot and cold links. */
export type RedisWorld = AsyncDisposable & {
  readonly redis: ChaosRedis
  readonly edge: BenchEdge
  readonly core: MapCoreProcess
  readonly load: Load
}

/** Starts Redis, a core and an edge, fills both tiers, and begins to load. */
export async function startRedisWorld({ directory, random, say }: RowContext): Promise<RedisWorld> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await ChaosRedis.start(directory))
  const core = stack.use(await startMapCore(SET, { core: undefined, lookupMs: 2 }))
  const edge = stack.use(
    await startBenchEdge({
      corePort: core.grpcPort,
      dataDir: join(directory, 'edge'),
      core: undefined,
      settings: { REDIS_URL: redis.url, EDGE_L1_ENTRIES_MAX: String(L1_ENTRIES_MAX) },
    }),
  )
  await warm(edge.port, range(0, SET.links), SET)
  await warm(edge.port, range(0, HOT), SET)
  say(`${SET.links} links are in L2, ${HOT} of them in L1`)
  let nextCold = 0
  const load = stack.use(
    new Load({
      destination: { port: edge.port },
      rate: MIX.rate,
      connectionsMax: 512,
      next: () => {
        if (random() >= MIX.coldShare) return linkRequest(indexBelow(HOT, random), SET, 'hot')
        nextCold = (nextCold + 1) % COLD
        return linkRequest(HOT + nextCold, SET, 'cold')
      },
    }),
  )
  const kept = stack.move()
  return { redis, edge, core, load, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
