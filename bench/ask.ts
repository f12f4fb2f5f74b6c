import { setTimeout as delay } from 'node:timers/promises'
import type { Program } from '../test/support/program.ts'
import { controlHostnameAt } from './harness/control-names.ts'
import { portsOf, SECRET } from './harness/edge.ts'
import { quantileBetween, scrape } from './harness/prometheus.ts'
import { residentOctetsOf, startNode } from './harness/processes.ts'
import type { BenchContext, Comparison, Report } from './harness/report.ts'
import { interleave, type Measurement } from './harness/rounds.ts'
import { runRateLoad } from './harness/run-rate-load.ts'
import { startControlCore } from './harness/start-control-core.ts'

const HOSTNAMES = 1_000_000
const RATE_PER_S = 5_000
const REQUESTS = 20_000
const HISTOGRAM = 'fingerpost_ask_duration_seconds'
const LOADED_MS_MAX = 120_000
const KNOWN = 'known names'
const UNKNOWN = 'unknown names'

/** What Caddy waits for, with as many hostnames as an installation may ever have. */
export const ASK: Comparison = {
  name: 'ask',
  title: `${RATE_PER_S} asks a second with ${HOSTNAMES} hostnames, and a start from the snapshot`,
  needs: [],
  run: measureAsk,
}

type Ask = AsyncDisposable & {
  readonly program: Program
  readonly port: number
  readonly opsPort: number
  /** From the start of the process to the first yes. */
  readonly firstYesMs: number
}

async function measureAsk(context: BenchContext): Promise<Report> {
  const { directory, rounds, say } = context
  const dataDir = `${directory}/ask`
  say(`core lists ${HOSTNAMES} hostnames`)
  const rss = { listed: 0 }
  {
    await using core = await startControlCore({ hostnames: HOSTNAMES, dueDomains: 0 }, undefined)
    await using ask = await startAsk(context, dataDir, core.grpcPort)
    rss.listed = await residentMb(ask.program)
  }
  const starts: Measurement[] = []
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}: a start from the snapshot, core away`)
    await using ask = await startAsk(context, dataDir, UNUSED_PORT)
    starts.push({ 'first yes': ask.firstYesMs, memory: await residentMb(ask.program) })
  }
  await using ask = await startAsk(context, dataDir, UNUSED_PORT)
  const subjects = [
    { name: KNOWN, measure: () => load(context, ask, 200, knownName) },
    { name: UNKNOWN, measure: () => load(context, ask, 404, unknownName) },
  ]
  const found = await interleave(subjects, rounds, say)
  const afterFlood = await residentMb(ask.program)
  const worst = (what: string): number =>
    Math.max(found.median(KNOWN, what), found.median(UNKNOWN, what))
  const startOf = (what: string): number => Math.max(...starts.map((start) => start[what] ?? NaN))
  return {
    kind: 'measured',
    ratios: [
      { what: 'ask p99, server side', value: worst('p99'), unit: 'ms', target: { atMost: 1 } },
      {
        what: 'memory after a start',
        value: startOf('memory'),
        unit: 'MB',
        target: { atMost: 300 },
      },
      {
        what: 'from the start of the process to the first yes, core away',
        value: startOf('first yes'),
        unit: 'ms',
        target: { atMost: 3_000 },
      },
      { what: 'asks that failed', value: worst('failed'), target: { atMost: 0 } },
    ],
    figures: [
      ...found.figures({ p50: 'ms', p99: 'ms', 'client p99': 'ms', failed: '' }),
      { subject: 'memory', what: 'after reading the list', unit: 'MB', values: [rss.listed] },
      { subject: 'memory', what: 'after all asks', unit: 'MB', values: [afterFlood] },
    ],
    notes: [
      'p50 and p99 are of the process itself, from its histogram; the load sends from another core.',
      'Caddy sends no Accept header, and neither does the load: the answers have no body.',
    ],
  }
}

// Why this: nothing listens there, as if core were away.
const UNUSED_PORT = 1

async function startAsk(context: BenchContext, dataDir: string, corePort: number): Promise<Ask> {
  const startedAt = performance.now()
  const { program, ready } = await startNode({
    name: 'ask',
    script: 'services/domain-manager/src/ask-main.ts',
    core: context.cores.server,
    env: {
      FINGERPOST_DATA_DIR: dataDir,
      FINGERPOST_GRPC_TOKEN: SECRET,
      CORE_GRPC_ADDR: `127.0.0.1:${corePort}`,
      DOMAINS_ADDR: '127.0.0.1:0',
      DOMAINS_ASK_OPS_ADDR: '127.0.0.1:0',
      DOMAINS_PLAIN_ADDR: '127.0.0.1:0',
      DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:0',
    },
  })
  const { http: port = 0, ops: opsPort = 0 } = portsOf(ready)
  await untilKnown(port)
  const firstYesMs = performance.now() - startedAt
  const dispose = async (): Promise<void> => void (await program.stop())
  return { program, port, opsPort, firstYesMs, [Symbol.asyncDispose]: dispose }
}

async function untilKnown(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/ask?domain=${controlHostnameAt(HOSTNAMES - 1)}`
  const deadlineAt = performance.now() + LOADED_MS_MAX
  while ((await fetch(url)).status !== 200) {
    if (performance.now() > deadlineAt) throw new Error('Ask does not know the hostnames.')
    await delay(20)
  }
}

async function load(
  { directory, seconds, cores }: BenchContext,
  ask: Ask,
  status: number,
  nameAt: (index: number) => string,
): Promise<Measurement> {
  const requests = Array.from({ length: REQUESTS }, (_, index) => ({
    group: 'ask',
    text: `GET /ask?domain=${nameAt(index)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
  }))
  const before = await scrape(ask.opsPort)
  const result = await runRateLoad({
    port: ask.port,
    requests,
    ratePerS: RATE_PER_S,
    seconds,
    directory,
    core: cores.load,
    status,
  })
  const after = await scrape(ask.opsPort)
  const quantileMs = (quantile: number): number =>
    quantileBetween(before, after, { name: HISTOGRAM, labels: {}, quantile }) * 1_000
  return {
    p50: quantileMs(0.5),
    p99: quantileMs(0.99),
    'client p99': result.groups['ask']?.p99 ?? NaN,
    failed: result.failed,
  }
}

// Why spread: neighbours in the list would be neighbours in memory.
function knownName(index: number): string {
  return controlHostnameAt((index * 7_919) % HOSTNAMES)
}

function unknownName(index: number): string {
  return `x${index}-${(index * 7_919) % HOSTNAMES}.unknown.example`
}

async function residentMb(program: Program): Promise<number> {
  return (await residentOctetsOf(program.pid)) / (1024 * 1024)
}
