import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readPorts } from '@fingerpost/chassis/run-files'
import type { EpochMs } from '@fingerpost/model/time'
import { startInstallation, type Installation } from '../../test/story/installation.ts'
import { quantileBetween, scrape, type Scrape } from '../harness/prometheus.ts'
import { givenLiveDomain, caddyOfInstallations } from './harness/live-installation.ts'
import { getText, judgeRedirect } from './harness/link-requests.ts'
import { Load, rounded, summaryOf, type LoadSummary } from './harness/load.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { limitConnections } from './sni/connection-limit.ts'
import { flood, type FloodOptions, type FloodResult } from './sni/flood.ts'

const HOSTNAME = 'links.acme.test'
const DESTINATION = 'https://www.acme.test/spring'
const FLOOD_PACE = { kind: 'concurrency', concurrency: 200 } as const
/** Of another network than the tenant's visitors. */
const FLOOD_FROM = '127.7.7.7'
const TRICKLE_PER_S = 10
const TENANT_PER_S = 300
const KNOWN_ASKS_PER_S = 100
const ASK_MS_MAX = 1
const TENANT_DELTA_MAX = 0.05
/** The histogram's narrowest bucket: a smaller difference is not seen. */
const ASK_RESOLUTION_MS = 0.05
const DURATION = 'fingerpost_ask_duration_seconds'
const MIB = 1_048_576

/** S9: handshakes with names that nobody has. */
export const S9: Row = {
  name: 'S9',
  title: 'a flood, then a trickle, of handshakes with random unknown names',
  goal: '0 ACME orders; ask p99 at most 1 ms, unchanged by the trickle; p99 of a cached tenant at most 5 % higher',
  run,
}

async function run({ directory, isShort, seed, say }: RowContext): Promise<Finding> {
  const caddy = await caddyOfInstallations()
  if (caddy.kind === 'skipped') return caddy
  await using installation = await startInstallation({ caddy, directory })
  const watch = await Watch.start(installation, directory)
  const ordersBefore = installation.pebble.orders().length
  say(`${HOSTNAME} has its certificate, after ${ordersBefore} order`)

  const port = installation.ports.https
  const [count, limitedCount, idleMs, trickleS] = isShort
    ? [2_000, 1_000, 5_000, 10]
    : [20_000, 4_000, 20_000, 60]
  const names = { seed, count, provedHostname: HOSTNAME }
  const floodedBy = (pace: FloodOptions['pace'], round: number, howMany: number) => {
    const flooding = { ...names, seed: seed + round, count: howMany }
    return watch.during(
      () => flood({ port, from: FLOOD_FROM, names: flooding, pace }),
      ({ beganAt }) => beganAt,
    )
  }
  const calm = await watch.during(() => delay(idleMs))
  const flooded = await floodedBy(FLOOD_PACE, 0, count)
  say(`${count} names in ${rounded(flooded.result.seconds)} s`)
  // Why another: memory that only waits to be collected does not grow with each.
  const another = await floodedBy(FLOOD_PACE, 2, count)
  // Why again: what the flood left behind must not count as the trickle's.
  const calmAgain = await watch.during(() => delay(trickleS * 1_000))
  const tricklePace = { kind: 'rate', ratePerS: TRICKLE_PER_S } as const
  const trickled = await floodedBy(tricklePace, 1, TRICKLE_PER_S * trickleS)
  say(`${TRICKLE_PER_S} names a second for ${trickleS} s`)

  const limited = await underLimit(port, directory, () => floodedBy(FLOOD_PACE, 3, limitedCount))
  const orders = installation.pebble.orders().length - ordersBefore
  const parts = { flood: compare(calm, flooded), trickle: compare(calmAgain, trickled) }
  const all = [parts.flood, parts.trickle]
  const results = [flooded.result, another.result, trickled.result]
  const goals = {
    no_orders: orders === 0 && ordersBefore > 0,
    all_refused: results.every(({ accepted, failed }) => accepted + failed === 0),
    ask_fast: all.every(({ ask }) => Math.max(ask.p99_ms, ask.unknown_p99_ms) <= ASK_MS_MAX),
    trickle_not_felt_by_ask:
      parts.trickle.ask.known_p99_ms <= parts.trickle.ask.known_p99_ms_calm + ASK_RESOLUTION_MS,
    tenant_not_disturbed: all.every(({ tenant }) => tenant.p99_delta <= TENANT_DELTA_MAX),
  }
  return {
    kind: 'measured',
    figure: orders,
    unit: 'ACME orders by unknown names',
    pass: Object.values(goals).every(Boolean),
    facts: {
      caddy: caddy.version,
      orders_before: ordersBefore,
      goals,
      ask_memory_mib: {
        before: memoryMib(flooded.before),
        after_flood: memoryMib(flooded.after),
        after_another: memoryMib(another.after),
        at_last: memoryMib(trickled.after),
      },
      ...parts,
      limited_flood: typeof limited === 'string' ? limited : compare(calmAgain, limited),
    },
  }
}

/** Floods again with the limit of deploy/nftables, where it can be loaded; else says why not. */
async function underLimit<T>(
  port: number,
  directory: string,
  task: () => Promise<T>,
): Promise<T | string> {
  await using limit = await limitConnections(port, directory)
  return limit.kind === 'off' ? limit.reason : await task()
}

/** What was seen while something went on. */
type Span<T> = {
  readonly result: T
  readonly tenant: LoadSummary
  readonly before: Scrape
  readonly after: Scrape
}

function compare(calm: Span<unknown>, span: Span<FloodResult>) {
  const { refused, accepted, failed, seconds, p50Ms, p99Ms } = span.result
  return {
    handshakes: {
      refused,
      accepted,
      failed,
      per_second: Math.round((refused + accepted + failed) / seconds),
      p50_ms: rounded(p50Ms),
      p99_ms: rounded(p99Ms),
    },
    ask: {
      asks_for_unknown_names:
        span.after.sum(`${DURATION}_count`, UNKNOWN) -
        span.before.sum(`${DURATION}_count`, UNKNOWN),
      p99_ms: askP99Ms(span, {}),
      unknown_p99_ms: askP99Ms(span, UNKNOWN),
      known_p99_ms_calm: askP99Ms(calm, KNOWN),
      known_p99_ms: askP99Ms(span, KNOWN),
    },
    tenant: {
      calm: calm.tenant,
      meanwhile: span.tenant,
      p99_delta: rounded(span.tenant.p99_ms / calm.tenant.p99_ms - 1),
    },
  }
}

function memoryMib(at: Scrape): number {
  return rounded(at.sum('fingerpost_process_resident_memory_bytes') / MIB)
}

const KNOWN = { decision: 'allowed' }
const UNKNOWN = { decision: 'not_known' }

function askP99Ms({ before, after }: Span<unknown>, labels: Readonly<Record<string, string>>) {
  const seconds = quantileBetween(before, after, { name: DURATION, labels, quantile: 0.99 })
  return Math.round(seconds * 1_000_000) / 1_000
}

/** A tenant that is visited, and asks for its name, at a steady rate. */
class Watch {
  readonly #installation: Installation
  readonly #opsPort: number

  static async start(installation: Installation, directory: string): Promise<Watch> {
    const { api } = installation
    const workspaceId = await api.createWorkspace('Acme')
    const { id } = await givenLiveDomain(installation, workspaceId, HOSTNAME)
    const link = { domain_id: id, slug: 'spring', destination_url: DESTINATION }
    await api.createLink(workspaceId, link)
    const { ask } = await readPorts(join(directory, 'data'))
    const watch = new Watch(installation, ask?.['ops'] ?? 0)
    // Why thrown away: connections are opened and code is compiled meanwhile.
    await watch.during(() => delay(WARM_MS))
    return watch
  }

  private constructor(installation: Installation, opsPort: number) {
    this.#installation = installation
    this.#opsPort = opsPort
  }

  /**
   * Visits the tenant while a task runs, and tells how both it and ask fared.
   *
   * @param beganAt from when on the visits count; absent: all of them
   */
  async during<T>(
    task: () => Promise<T>,
    beganAt: (result: T) => EpochMs = () => 0,
  ): Promise<Span<T>> {
    const before = await scrape(this.#opsPort)
    await using tenant = this.#visit()
    await using asks = this.#ask()
    const result = await task()
    const [visits, answers] = await Promise.all([tenant.stop(), asks.stop()])
    const wrong = answers.filter(({ verdict }) => verdict !== 'right').length
    if (wrong > 0) throw new Error(`${wrong} asks for ${HOSTNAME} were not answered with 200.`)
    const beganMs = beganAt(result) - performance.timeOrigin
    const counted = visits.filter(({ dueMs }) => dueMs >= beganMs)
    return { result, tenant: summaryOf(counted), before, after: await scrape(this.#opsPort) }
  }

  #visit(): Load {
    const { ports, pebble } = this.#installation
    return new Load({
      destination: {
        port: ports.https,
        tls: { ca: pebble.issuingRootPem, hostname: HOSTNAME },
      },
      rate: TENANT_PER_S,
      connectionsMax: 20,
      next: () => ({
        text: getText(HOSTNAME, '/spring'),
        kind: 'tenant',
        judge: (answer) => judgeRedirect(answer, DESTINATION),
      }),
    })
  }

  #ask(): Load {
    return new Load({
      destination: { port: this.#installation.ports.ask },
      rate: KNOWN_ASKS_PER_S,
      connectionsMax: 4,
      next: () => ({
        text: getText('127.0.0.1', `/ask?domain=${HOSTNAME}`),
        kind: 'ask',
        judge: ({ status }) => (status === 200 ? 'right' : 'wrong'),
      }),
    })
  }
}

const WARM_MS = 3_000
