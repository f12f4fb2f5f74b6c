import { mkdir, rm } from 'node:fs/promises'
import { relative } from 'node:path'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { acquire } from '@fingerpost/chassis/disposables'
import { formatAddress, type Address } from '@fingerpost/chassis/environment'
import type { Logger } from '@fingerpost/chassis/logger'
import { portsPath, recordPorts, runDir } from '@fingerpost/chassis/run-files'
import { readOrCreateSecret } from '@fingerpost/chassis/secret-file'
import type { DurationMs } from '@fingerpost/model/time'
import { acceptsConnections, caddySpec, type LauncherCaddy } from './caddy.ts'
import type { ChildSpec } from './child.ts'
import { CaddyLogForwarder } from './caddy-log-forwarder.ts'
import type { AdminToken, LauncherConfig, ListenerSetting } from './config.ts'
import { choosePorts } from './free-ports.ts'
import { refuseLeftovers } from './leftovers.ts'
import type { LogOutput } from './log-output.ts'
import { caddyReachableHost } from './rules/caddy-settings.ts'
import { serviceSettings } from './rules/service-settings.ts'
import type { SummaryFacts, SummarySeed } from './rules/summary.ts'
import { seedOnce } from './seed.ts'
import { stopInOrder } from './stop-in-order.ts'
import { supervise, type Supervised } from './supervisor.ts'
import { untilPermitted } from './until-permitted.ts'
import { untilServiceUp } from './until-up.ts'

/** The services that the launcher starts. */
export const SERVICE_NAMES = ['ask', 'api-core', 'domain-manager', 'edge'] as const

/** One of `SERVICE_NAMES`. */
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** What the launcher runs: the services' own mains, and Caddy's configuration. */
export type Programs = {
  readonly mains: Readonly<Record<ServiceName, string>>
  readonly caddyfile: string
}

/** How long the launcher waits. */
export type LauncherLimits = {
  /** For the first start of everything, before the summary says what is missing. */
  readonly startMsMax: DurationMs
  /** For the processes of an earlier start to end by themselves. */
  readonly leftoverMsMax: DurationMs
}

/** What the launcher needs from outside. */
export type LauncherDeps = {
  readonly programs: Programs
  readonly caddy: LauncherCaddy
  readonly limits: LauncherLimits
  readonly output: LogOutput
  readonly log: Logger
  /** Aborted: stop, also while starting. */
  readonly signal: AbortSignal
  /** Aborted: end everything at once. */
  readonly hurry: AbortSignal
}

const POLL_MS: DurationMs = 20

/** A note takes milliseconds; the lock of a killed process holds one up for two seconds. */
const NOTE_MS_MAX: DurationMs = 3_000

/** The listener of each service that others need first; Caddy has none of these. */
const MAIN_LISTENERS: ReadonlyMap<string, ListenerSetting> = new Map([
  ['api-core', 'CORE_HTTP_ADDR'],
  ['ask', 'DOMAINS_ADDR'],
  ['domain-manager', 'DOMAINS_OPS_ADDR'],
  ['edge', 'EDGE_ADDR'],
] satisfies [ServiceName, ListenerSetting][])

/**
 * Starts everything, waits until it is up, makes the first link, and says in a
 * summary what there is.
 *
 * @throws {StartError} when the first start of a service says that it cannot start
 */
export function startLauncher(given: LauncherConfig, deps: LauncherDeps): Promise<AsyncDisposable> {
  return acquire(async (stack) => {
    const { dataDir } = given
    await mkdir(runDir(dataDir), { recursive: true })
    await refuseLeftovers(dataDir, commandLineMarks(deps.programs), {
      msMax: deps.limits.leftoverMsMax,
      log: deps.log,
      signal: deps.signal,
    })
    await rm(portsPath(dataDir), { force: true })
    const config = await choosePorts(given)
    const specs = await childSpecs(config, deps)

    const start = new AbortController()
    const onCaddyLine = forwardCaddyLog(config, deps, stack)
    const context = { deps, start, onCaddyLine }
    const children = specs.map((spec) => superviseChild(spec, config, context))
    stack.defer(() => stopInOrder(children))
    deps.hurry.addEventListener('abort', () => children.forEach((child) => child.kill()))

    const waiting = AbortSignal.any([deps.signal, AbortSignal.timeout(deps.limits.startMsMax)])
    const facts = await Promise.race([
      whenUp(children, config, { deps, waiting }),
      ...children.map((child) => child.givenUp),
    ])
    start.abort()
    deps.signal.throwIfAborted()
    deps.output.writeSummary(facts)
    return {}
  })
}

function commandLineMarks(programs: Programs): Readonly<Record<string, string>> {
  return { ...programs.mains, caddy: programs.caddyfile }
}

async function childSpecs(config: LauncherConfig, deps: LauncherDeps): Promise<ChildSpec[]> {
  const facts = {
    dataDir: config.dataDir,
    publicTarget: config.publicTarget,
    httpsPort: config.caddyPorts.FINGERPOST_HTTPS_PORT,
    hasCaddy: deps.caddy.kind === 'found',
  }
  const environment = serviceSettings(config.environment, facts)
  const services = SERVICE_NAMES.map((name) => ({
    name,
    command: process.execPath,
    args: [deps.programs.mains[name]],
    environment,
    hasChannel: true,
  }))
  if (deps.caddy.kind !== 'found') return services
  const { caddyfile } = deps.programs
  const { path, isCurrent } = deps.caddy
  return [...services, await caddySpec(config, { path, caddyfile, sendsLog: isCurrent })]
}

// Why only an old Caddy's: current Caddy sends its log by itself.
function forwardCaddyLog(
  config: LauncherConfig,
  { caddy }: LauncherDeps,
  stack: AsyncDisposableStack,
): (line: string) => void {
  if (caddy.kind !== 'found' || caddy.isCurrent) return () => {}
  const to = reachable(config.listeners.DOMAINS_CADDY_LOG_ADDR)
  const forwarder = stack.use(new CaddyLogForwarder(to))
  return (line) => forwarder.forward(line)
}

function superviseChild(
  spec: ChildSpec,
  config: LauncherConfig,
  context: {
    readonly deps: LauncherDeps
    readonly start: AbortController
    readonly onCaddyLine: (line: string) => void
  },
): Supervised {
  const { deps, start, onCaddyLine } = context
  return supervise(spec, {
    dataDir: config.dataDir,
    log: deps.log,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    onLine(name, line) {
      deps.output.writeLine(name, line)
      if (name === 'caddy') onCaddyLine(line)
    },
    isStarting: () => !start.signal.aborted,
    isUp(_name, signal) {
      const setting = MAIN_LISTENERS.get(spec.name)
      if (setting === undefined) return untilCaddyUp(spec, config, { log: deps.log, signal })
      const service = { name: spec.name, address: reachable(config.listeners[setting]) }
      return untilServiceUp(service, {
        dataDir: config.dataDir,
        clock: SYSTEM_CLOCK,
        signal,
        noteMsMax: NOTE_MS_MAX,
      })
    },
  })
}

async function untilCaddyUp(
  spec: ChildSpec,
  config: LauncherConfig,
  deps: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<boolean> {
  const { FINGERPOST_HTTP_PORT: http, FINGERPOST_HTTPS_PORT: https } = config.caddyPorts
  const address = { host: caddyReachableHost(spec.environment), port: https }
  while (!deps.signal.aborted) {
    if (await acceptsConnections(address)) {
      await recordPorts(config.dataDir, 'caddy', { http, https }, deps.log)
      return true
    }
    await SYSTEM_CLOCK.sleep(POLL_MS, deps.signal)
  }
  return false
}

async function whenUp(
  children: readonly Supervised[],
  config: LauncherConfig,
  context: { readonly deps: LauncherDeps; readonly waiting: AbortSignal },
): Promise<SummaryFacts> {
  const { deps, waiting } = context
  const missing = new Set(children.map((child) => child.name))
  const overdue = new Promise<void>((resolve) => {
    if (waiting.aborted) resolve()
    waiting.addEventListener('abort', () => resolve(), { once: true })
  })
  const up = children.map(async (child) => {
    await child.up
    missing.delete(child.name)
  })
  const [seed] = await Promise.all([
    seedWhenUp(children, config, { deps, waiting, overdue }),
    Promise.race([Promise.all(up), overdue]),
  ])
  return {
    api: formatAddress(reachable(config.listeners.CORE_HTTP_ADDR)),
    edgePort: config.listeners.EDGE_ADDR.port,
    httpPort: config.caddyPorts.FINGERPOST_HTTP_PORT,
    httpsPort: config.caddyPorts.FINGERPOST_HTTPS_PORT,
    caddy: deps.caddy.kind === 'found' ? { ...deps.caddy, kind: 'running' } : deps.caddy,
    publicTarget: config.publicTarget,
    dataDir: shownPath(config.dataDir),
    adminTokenPath:
      config.adminToken.kind === 'file' ? shownPath(config.adminToken.path) : undefined,
    seed,
    missing: [...missing],
  }
}

async function seedWhenUp(
  children: readonly Supervised[],
  config: LauncherConfig,
  context: {
    readonly deps: LauncherDeps
    readonly waiting: AbortSignal
    readonly overdue: Promise<void>
  },
): Promise<SummarySeed | undefined> {
  const { deps, waiting, overdue } = context
  await Promise.race([children.find((child) => child.name === 'api-core')?.up, overdue])
  if (waiting.aborted) return undefined
  const seed = await seedOnce({
    dataDir: config.dataDir,
    apiUrl: `http://${formatAddress(reachable(config.listeners.CORE_HTTP_ADDR))}`,
    token: await readToken(config.adminToken),
    signal: waiting,
    clock: SYSTEM_CLOCK,
    log: deps.log,
  })
  if (seed?.isNew === true && deps.caddy.kind === 'found') {
    await untilPermitted(seed.hostname, reachable(config.listeners.DOMAINS_ADDR), {
      clock: SYSTEM_CLOCK,
      signal: waiting,
    })
  }
  return seed
}

async function readToken(token: AdminToken): Promise<string> {
  return token.kind === 'setting' ? token.secret : readOrCreateSecret(token.path)
}

/** The address at which this machine reaches a listener, also one on every address. */
function reachable(address: Address): Address {
  const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  return { ...address, host: loopback[address.host] ?? address.host }
}

// What a person can paste into the shell that the launcher was started from.
function shownPath(path: string): string {
  const shown = relative(process.cwd(), path)
  return shown === '' || shown.startsWith('..') ? path : shown
}
