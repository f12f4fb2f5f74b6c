import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { range, startBenchEdge, warm, type BenchEdge } from '../harness/edge.ts'
import { hostnameAt, plainLink } from '../harness/links.ts'
import { scrape } from '../harness/prometheus.ts'
import { startMapCore, type MapCoreProcess } from '../harness/start-map-core.ts'
import { startChaosCaddy } from './harness/chaos-caddy.ts'
import type { Destination } from './harness/client-connection.ts'
import { getText, indexBelow, linkRequest } from './harness/link-requests.ts'
import { loadFor, rounded, summaryOf, type LoadSummary } from './harness/load.ts'
import { openFilesOf, residentMibOf } from './harness/process-facts.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { caddiesHere } from './harness/tools.ts'
import { startSlow } from './slow/start-slow.ts'

const SET = { links: 500, hostnames: 1 }
const RATE = 500
const DRIPPING = 4_950
// Why so few: each sends thousands of requests, and a flood is not what this row is about.
const NOT_READING = 50
/** So many answers do not fit into the buffers of a socket, so that the edge has to keep them. */
const PIPELINED = 2_000
const REAP_MS_MAX = 15_000
const DELTA_PERCENT_MAX = 5
const DRIPPED_HEAD = `GET / HTTP/1.1\r\nHost: ${hostnameAt(0)}\r\nX-Slow: `

/** S24: thousands of clients that are slow on purpose. */
export const S24: Row = {
  name: 'S24',
  title: `${DRIPPING + NOT_READING} slow sockets`,
  goal: `legitimate p99 at most ${DELTA_PERCENT_MAX} % above idle, dripping heads gone in ${REAP_MS_MAX / 1000} s, no leak`,
  run,
}

async function run(context: RowContext): Promise<Finding> {
  const { directory, say } = context
  await using core = await startMapCore(SET, { core: undefined })
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir: join(directory, 'edge'),
    core: undefined,
  })
  await warm(edge.port, range(0, SET.links), SET)
  say('directly at the edge')
  const direct = await attack(context, {
    pid: edge.program.pid,
    slowPort: edge.port,
    destination: { port: edge.port },
    path: plainLink(0, SET).path,
    edgeOpsPort: edge.opsPort,
    reapMsMax: REAP_MS_MAX + 2_000,
  })
  const throughCaddy = await attackCaddy(context, { core, edge })
  const isReaped = direct.drippingOpen === 0 && direct.reapMsMax <= REAP_MS_MAX
  const isFlat = direct.deltaPercent <= DELTA_PERCENT_MAX
  const isRight = direct.with.failed + direct.with.wrong === 0
  return {
    kind: 'measured',
    figure: rounded(direct.deltaPercent),
    unit: '% above idle',
    pass: isReaped && isFlat && isRight && !direct.leaks && throughCaddy.failed === 0,
    facts: { rate: RATE, direct, through_caddy: throughCaddy },
  }
}

type Target = {
  readonly pid: number
  readonly slowPort: number
  readonly destination: Destination
  /** What those ask for that do not read. */
  readonly path: string
  readonly edgeOpsPort: number
  readonly reapMsMax: number
}

async function attack({ isShort, random, say }: RowContext, target: Target) {
  const load = {
    destination: target.destination,
    rate: RATE,
    connectionsMax: 128,
    next: () => linkRequest(indexBelow(SET.links, random), SET, 'legitimate'),
  }
  const durationMs = isShort ? 5_000 : 8_000
  const without = summaryOf(await loadFor(load, durationMs))
  const filesBefore = await openFilesOf(target.pid)
  const mibBefore = await residentMibOf(target.pid)
  await using dripping = await startSlow({
    port: target.slowPort,
    count: DRIPPING,
    behaviour: 'dripping',
    text: DRIPPED_HEAD,
    times: 1,
  })
  await using notReading = await startSlow({
    port: target.slowPort,
    count: NOT_READING,
    behaviour: 'not_reading',
    text: getText(hostnameAt(0), target.path),
    times: PIPELINED,
  })
  const opened = { dripping: await dripping.state(), notReading: await notReading.state() }
  say(`${opened.dripping.open} dripping, ${opened.notReading.open} not reading`)
  await untilQuiet(target.edgeOpsPort)
  const during = summaryOf(await loadFor(load, durationMs))
  const mibDuring = await residentMibOf(target.pid)
  await dripping.untilReaped(target.reapMsMax)
  const { open: drippingOpen, lifeMsMax: reapMsMax } = await dripping.state()
  const notReadingOpen = (await notReading.state()).open
  await dripping[Symbol.asyncDispose]()
  await notReading[Symbol.asyncDispose]()
  const filesAfter = await settledFiles(target.pid, filesBefore)
  say(
    `p99 ${without.p99_ms} ms, with them ${during.p99_ms} ms; reaped after ${reapMsMax} ms at most`,
  )
  return {
    sockets: DRIPPING + NOT_READING,
    refused: opened.dripping.refused + opened.notReading.refused,
    without,
    with: during,
    deltaPercent: rounded((100 * (during.p99_ms - without.p99_ms)) / without.p99_ms),
    drippingOpen,
    reapMsMax: Math.round(reapMsMax),
    notReadingOpen,
    mibBefore: Math.round(mibBefore),
    mibDuring: Math.round(mibDuring),
    filesBefore,
    filesAfter,
    leaks: filesAfter > filesBefore + FILES_SLACK,
  }
}

/** Waits until the requests of those that do not read have been dealt with, as far as they go. */
async function untilQuiet(opsPort: number): Promise<void> {
  for (let before = -1, now = await requestsOf(opsPort); now !== before;) {
    await delay(250)
    before = now
    now = await requestsOf(opsPort)
  }
}

async function requestsOf(opsPort: number): Promise<number> {
  return (await scrape(opsPort)).sum('fingerpost_edge_request_duration_seconds_count')
}

/** Connections of the load may be open before and not after, or the other way round. */
const FILES_SLACK = 160

async function settledFiles(pid: number, before: number): Promise<number> {
  const deadlineMs = performance.now() + 5_000
  for (;;) {
    const files = await openFilesOf(pid)
    if (files <= before + FILES_SLACK || performance.now() > deadlineMs) return files
    await delay(100)
  }
}

type CaddyFinding = {
  readonly failed: number
  readonly skipped?: string
  readonly without?: LoadSummary
  readonly caddy?: string
  readonly head_ms_max?: number
}

// Caddy's own limit for a head is a minute, which is also the time that a first handshake may take.
const CADDY_HEAD_MS_MAX = 60_000
const CADDY_REAP_MS_MAX = CADDY_HEAD_MS_MAX + 5_000

async function attackCaddy(
  context: RowContext,
  { core, edge }: { readonly core: MapCoreProcess; readonly edge: BenchEdge },
): Promise<CaddyFinding> {
  const program = (await caddiesHere()).at(-1)
  if (program === undefined) return { failed: 0, skipped: 'no Caddy is installed' }
  context.say(`through ${program.name}`)
  await using caddy = await startChaosCaddy(program, {
    directory: join(context.directory, 'caddy'),
    askPort: core.askPort,
    edgePorts: [edge.port],
    hostnames: [hostnameAt(0)],
  })
  const finding = await attack(context, {
    pid: caddy.program.pid,
    // Why the plain port: the limits are the same, and 5,000 handshakes are a test of their own.
    slowPort: caddy.httpPort,
    destination: caddy.destination(hostnameAt(0)),
    // Why: of plain HTTP, only this goes on to the edge.
    path: '/.well-known/none',
    edgeOpsPort: edge.opsPort,
    reapMsMax: context.isShort ? 0 : CADDY_REAP_MS_MAX,
  })
  return {
    ...finding,
    failed: finding.with.failed + finding.with.wrong,
    caddy: program.version,
    head_ms_max: CADDY_HEAD_MS_MAX,
  }
}
