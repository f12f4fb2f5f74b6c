import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { range, SECRET, startBenchEdge, warm, type BenchEdge } from '../harness/edge.ts'
import { hostnameAt } from '../harness/links.ts'
import { eventually } from '../../test/support/eventually.ts'
import { freePort } from '../../test/support/free-port.ts'
import type { Program } from '../../test/support/program.ts'
import { startChaosCaddy } from './harness/chaos-caddy.ts'
import { indexBelow, linkRequest } from './harness/link-requests.ts'
import { Load, summaryOf } from './harness/load.ts'
import { childrenOf } from './harness/process-facts.ts'
import { RealCore, startService } from './harness/real-core.ts'
import { ChaosRedis } from './harness/redis.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { caddiesHere, NO_CADDY, redisMissing } from './harness/tools.ts'

const SET = { links: 500, hostnames: 1 }
const RATE = 2_000
const DRAIN_MS_MAX = 5_000
const REPLACED_MS_MAX = 30_000

/** S4: every service is restarted again and again under load through Caddy. */
export const S4: Row = {
  name: 'S4',
  title: 'rolling restarts of every service, through Caddy',
  goal: `0 failed or wrong answers, each drain at most ${DRAIN_MS_MAX / 1000} s`,
  run,
}

async function run(context: RowContext): Promise<Finding> {
  const caddyProgram = (await caddiesHere()).at(-1)
  if (caddyProgram === undefined) return NO_CADDY
  const missing = redisMissing()
  if (missing !== undefined) return missing
  const { directory, isShort, random, say } = context
  const rounds = isShort ? 1 : 5
  await using stack = new AsyncDisposableStack()
  const world = await startWorld(directory, stack)
  const caddy = stack.use(
    await startChaosCaddy(caddyProgram, {
      directory: join(directory, 'caddy'),
      askPort: world.askPort,
      edgePorts: [world.edge.port],
      hostnames: [hostnameAt(0)],
    }),
  )
  const load = stack.use(
    new Load({
      destination: caddy.destination(hostnameAt(0)),
      rate: RATE,
      connectionsMax: 256,
      next: () => linkRequest(indexBelow(SET.links, random), SET, 'known'),
    }),
  )
  const drains: Record<string, number> = {}
  const note = (name: string, drainMs: number): void => {
    drains[name] = Math.max(drains[name] ?? 0, Math.round(drainMs))
    say(`${name} restarted; its drain took ${Math.round(drainMs)} ms`)
  }
  for (let round = 0; round < rounds; round += 1) {
    note('edge', await replaceWorkers(world.edge))
    note('api-core', await restart(world.core))
    note('domain-manager', await restart(world.domainManager))
    note('redis', await restart(world.redis))
    await delay(500)
  }
  const all = summaryOf(await load.stop())
  const figure = all.failed + all.wrong
  return {
    kind: 'measured',
    figure,
    unit: 'failed or wrong answers',
    pass: figure === 0 && Object.values(drains).every((ms) => ms <= DRAIN_MS_MAX),
    facts: { rate: RATE, rounds, caddy: caddyProgram.version, drain_ms_max: drains, answers: all },
  }
}

type Restartable = { stop(): Promise<unknown>; start(): Promise<unknown> }

async function startWorld(directory: string, stack: AsyncDisposableStack) {
  const redis = stack.use(await ChaosRedis.start(directory))
  const core = stack.use(await RealCore.start(join(directory, 'core')))
  await core.seed(SET)
  const askPort = await freePort()
  const domainManager = stack.use(
    new Service('domain-manager', {
      FINGERPOST_DATA_DIR: join(directory, 'domain-manager'),
      FINGERPOST_GRPC_TOKEN: SECRET,
      CORE_GRPC_ADDR: `127.0.0.1:${core.grpcPort}`,
      DOMAINS_ADDR: `127.0.0.1:${askPort}`,
      DOMAINS_OPS_ADDR: '127.0.0.1:0',
      DOMAINS_PLAIN_ADDR: '127.0.0.1:0',
      DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:0',
    }),
  )
  await domainManager.start()
  await untilPermitted(askPort)
  const edge = stack.use(
    await startBenchEdge({
      corePort: core.grpcPort,
      dataDir: join(directory, 'edge'),
      core: undefined,
      settings: { EDGE_WORKERS: '2', REDIS_URL: redis.url },
    }),
  )
  // Why twice: each worker has to learn the links.
  await warm(edge.port, range(0, SET.links), SET)
  await warm(edge.port, range(0, SET.links), SET)
  return { redis, core, domainManager, edge, askPort }
}

async function untilPermitted(askPort: number): Promise<void> {
  await eventually(
    'the hostname is permitted',
    async () => {
      const answer = await fetch(`http://127.0.0.1:${askPort}/ask?domain=${hostnameAt(0)}`)
      await answer.body?.cancel()
      return answer.status === 200
    },
    { withinMs: 15_000 },
  )
}

/** Ends a service and starts it again; gives how long it took to end. */
async function restart(service: Restartable): Promise<number> {
  const startedMs = performance.now()
  await service.stop()
  const drainMs = performance.now() - startedMs
  await service.start()
  return drainMs
}

/** Has all workers of an edge replaced; gives the longest that one lived on beside its successor. */
async function replaceWorkers(edge: BenchEdge): Promise<number> {
  const old = new Set(await childrenOf(edge.program.pid))
  let seen = new Set(old)
  let changedMs = performance.now()
  let longestMs = 0
  edge.program.kill('SIGHUP')
  await eventually(
    'all workers are new',
    async () => {
      const now = new Set(await childrenOf(edge.program.pid))
      const hasNew = [...now].some((pid) => !seen.has(pid))
      const lost = [...seen].some((pid) => old.has(pid) && !now.has(pid))
      if (lost) longestMs = Math.max(longestMs, performance.now() - changedMs)
      if (hasNew || lost) changedMs = performance.now()
      seen = now
      return now.size >= old.size && [...now].every((pid) => !old.has(pid))
    },
    { withinMs: REPLACED_MS_MAX },
  )
  return longestMs
}

class Service implements Restartable, AsyncDisposable {
  readonly #name: 'domain-manager'
  readonly #settings: Readonly<Record<string, string>>
  #program: Program | undefined

  constructor(name: 'domain-manager', settings: Readonly<Record<string, string>>) {
    this.#name = name
    this.#settings = settings
  }

  async start(): Promise<void> {
    this.#program = await startService(this.#name, this.#settings)
  }

  async stop(): Promise<void> {
    await this.#program?.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
