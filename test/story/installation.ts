import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CURRENT_CADDY_VERSION, type CaddyProgram } from '../support/caddies.ts'
import {
  adaptCaddyfile,
  caddyEnvironment,
  startCaddy,
  type Caddy,
  type CaddyOptions,
} from '../support/caddy.ts'
import { freePorts } from '../support/free-port.ts'
import { startPebble, type Pebble, type PebbleOptions } from '../support/pebble.ts'
import { startProgram, type Program } from '../support/program.ts'
import { startScriptedDns, type ScriptedDns } from '../support/scripted-dns.ts'
import { ApiClient } from './api-client.ts'

/** The services of ours that an installation runs, each as its own process. */
export type ServiceName = 'api-core' | 'ask' | 'domain-manager' | 'edge'

/** The name that the customers' CNAMEs lead to. */
export const PUBLIC_TARGET = 'edge.fingerpost.test'

export type InstallationOptions = {
  /** The Caddy to run, as found by `findCaddies`. */
  readonly caddy: CaddyProgram
  /** Settings of the services beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>
  /** An empty folder for everything that is written; the caller removes it. */
  readonly directory: string
  /** Who issues; Pebble unless set to Caddy's own authority. */
  readonly issuer?: 'pebble' | 'internal'
  /** How Pebble is to differ from the usual one. */
  readonly pebble?: Pick<PebbleOptions, 'certificateLifetimeS' | 'settings'>
  /** Changes the JSON that Caddy makes of the Caddyfile. */
  readonly changeCaddyConfig?: (adapted: string) => string
}

/** Fingerpost as an operator runs it, with a DNS and a certificate authority of its own. */
export type Installation = AsyncDisposable & {
  readonly dns: ScriptedDns
  readonly pebble: Pebble
  readonly api: ApiClient
  readonly ports: Ports
  /** The root of the certificates that visitors see. */
  readonly rootPem: string
  /** Starts a service that does not run, with settings beside the usual ones. */
  start(name: ServiceName, settings?: Readonly<Record<string, string>>): Promise<void>
  /** SIGTERM, then waits until the service is gone. */
  stop(name: ServiceName): Promise<void>
  /** SIGKILL, then waits until the service is gone. */
  kill(name: ServiceName): Promise<void>
  /** SIGSTOP: it answers nothing until it is resumed. */
  pause(name: ServiceName): void
  /** SIGCONT. */
  resume(name: ServiceName): void
  /** The log of a service since its last start. */
  log(name: ServiceName): readonly string[]
  /** Stops Caddy and starts it again on the same storage. */
  restartCaddy(): Promise<void>
}

/** Where everything listens, all on 127.0.0.1. */
export type Ports = {
  readonly http: number
  readonly https: number
  readonly edge: number
  readonly core: number
  readonly grpc: number
  readonly ask: number
  readonly plain: number
  readonly log: number
}

/** Starts DNS, Pebble, the services and Caddy, in that order. */
export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  await using stack = new AsyncDisposableStack()
  const ports = await choosePorts()
  const dataDir = join(options.directory, 'data')
  const pebbleDir = join(options.directory, 'pebble')
  await mkdir(dataDir)
  await mkdir(pebbleDir)

  const dns = stack.use(await startScriptedDns())
  const pebble = stack.use(
    await startPebble({
      directory: pebbleDir,
      dnsAddress: dns.address,
      httpPort: ports.http,
      httpsPort: ports.https,
      ...options.pebble,
    }),
  )
  const services = new Services({
    ...serviceSettings(dataDir, ports, dns.address),
    ...options.settings,
  })
  stack.defer(() => services.stopAll())
  for (const name of SERVICE_NAMES) await services.start(name, {})

  const caddyOptions = await withChangedConfig(
    caddyOptionsOf(options, dataDir, ports, pebble),
    options.changeCaddyConfig,
  )
  let caddy: Caddy = await startCaddy(caddyOptions)
  stack.defer(async () => void (await caddy.stop()))

  const adminToken = (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim()
  const kept = stack.move()
  return {
    dns,
    pebble,
    api: new ApiClient(`http://127.0.0.1:${ports.core}`, adminToken),
    ports,
    rootPem:
      options.issuer === 'internal'
        ? await readFile(join(dataDir, 'caddy/pki/authorities/local/root.crt'), 'utf8')
        : pebble.issuingRootPem,
    start: (name, settings = {}) => services.start(name, settings),
    stop: (name) => services.stop(name),
    kill: (name) => services.kill(name),
    pause: (name) => services.program(name).kill('SIGSTOP'),
    resume: (name) => services.program(name).kill('SIGCONT'),
    log: (name) => services.program(name).lines,
    restartCaddy: async () => {
      await caddy.stop()
      caddy = await startCaddy(caddyOptions)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const SERVICE_NAMES: readonly ServiceName[] = ['api-core', 'ask', 'domain-manager', 'edge']

const MAINS: Readonly<Record<ServiceName, string>> = {
  'api-core': 'api-core/src/main.ts',
  ask: 'domain-manager/src/ask-main.ts',
  'domain-manager': 'domain-manager/src/main.ts',
  edge: 'edge/src/main.ts',
}

async function choosePorts(): Promise<Ports> {
  const [http = 0, https = 0, edge = 0, core = 0, ...rest] = await freePorts(8)
  const [grpc = 0, ask = 0, plain = 0, log = 0] = rest
  return { http, https, edge, core, grpc, ask, plain, log }
}

function serviceSettings(dataDir: string, ports: Ports, dns: string): Record<string, string> {
  return {
    FINGERPOST_DATA_DIR: dataDir,
    FINGERPOST_PUBLIC_TARGET: PUBLIC_TARGET,
    CORE_HTTP_ADDR: `127.0.0.1:${ports.core}`,
    CORE_GRPC_ADDR: `127.0.0.1:${ports.grpc}`,
    CORE_OPS_ADDR: '127.0.0.1:0',
    DOMAINS_ADDR: `127.0.0.1:${ports.ask}`,
    DOMAINS_ASK: 'elsewhere',
    DOMAINS_OPS_ADDR: '127.0.0.1:0',
    DOMAINS_ASK_OPS_ADDR: '127.0.0.1:0',
    DOMAINS_PLAIN_ADDR: `127.0.0.1:${ports.plain}`,
    DOMAINS_CADDY_LOG_ADDR: `127.0.0.1:${ports.log}`,
    DOMAINS_CADDY_TLS_ADDR: `127.0.0.1:${ports.https}`,
    DOMAINS_PROBE_HTTP_PORT: String(ports.http),
    DOMAINS_PROBE_ALLOW_PRIVATE: 'true',
    DOMAINS_DNS_SERVERS: dns,
    FINGERPOST_HTTPS_PORT_SUFFIX: `:${ports.https}`,
    EDGE_ADDR: `127.0.0.1:${ports.edge}`,
    EDGE_OPS_ADDR: '127.0.0.1:0',
  }
}

function caddyOptionsOf(
  options: InstallationOptions,
  dataDir: string,
  ports: Ports,
  pebble: Pebble,
): CaddyOptions {
  return {
    path: options.caddy.path,
    httpPort: ports.http,
    httpsPort: ports.https,
    dataDirectory: dataDir,
    askAddress: `127.0.0.1:${ports.ask}`,
    plainAddress: `127.0.0.1:${ports.plain}`,
    // Why not of older ones: they would not start without it.
    ...(options.caddy.version === CURRENT_CADDY_VERSION && {
      logAddress: `127.0.0.1:${ports.log}`,
    }),
    edgeAddress: `127.0.0.1:${ports.edge}`,
    issuer:
      options.issuer === 'internal'
        ? { kind: 'internal' }
        : {
            kind: 'acme',
            directoryUrl: pebble.directoryUrl,
            trustedRootsFile: pebble.trustedRootsFile,
          },
  }
}

async function withChangedConfig(
  options: CaddyOptions,
  change: ((adapted: string) => string) | undefined,
): Promise<CaddyOptions> {
  if (change === undefined) return options
  const adapted = await adaptCaddyfile(options.path, caddyEnvironment(options))
  const configFile = join(options.dataDirectory, 'caddy-changed.json')
  await writeFile(configFile, change(adapted))
  return { ...options, configFile }
}

/** Starts and ends our services by their handles. */
class Services {
  readonly #settings: Readonly<Record<string, string>>
  readonly #programs = new Map<ServiceName, Program>()

  constructor(settings: Readonly<Record<string, string>>) {
    this.#settings = settings
  }

  program(name: ServiceName): Program {
    const program = this.#programs.get(name)
    if (program === undefined) throw new Error(`${name} was never started.`)
    return program
  }

  async start(name: ServiceName, settings: Readonly<Record<string, string>>): Promise<void> {
    const program = await startProgram({
      name,
      command: process.execPath,
      args: [fileURLToPath(new URL(`../../services/${MAINS[name]}`, import.meta.url))],
      env: { ...this.#settings, ...settings },
      cwd: '/',
      ready: { kind: 'line', matches: /"message":"started"/ },
      readyWithinMs: 20_000,
      stopWithinMs: 10_000,
    })
    this.#programs.set(name, program)
  }

  async stop(name: ServiceName): Promise<void> {
    await this.program(name).stop()
  }

  async kill(name: ServiceName): Promise<void> {
    this.program(name).kill('SIGKILL')
    await this.program(name).exited
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#programs.values()].map((program) => program.stop()))
  }
}
