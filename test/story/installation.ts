import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startCaddy, type Caddy, type CaddyOptions } from '../support/caddy.ts'
import { freePorts } from '../support/free-port.ts'
import { startPebble, type Pebble } from '../support/pebble.ts'
import { startProgram, type Program } from '../support/program.ts'
import { startScriptedDns, type ScriptedDns } from '../support/scripted-dns.ts'
import { ApiClient } from './api-client.ts'

/** The services of ours that an installation runs, each as its own process. */
export type ServiceName = 'api-core' | 'domain-manager' | 'edge'

/** The name that the customers' CNAMEs lead to. */
export const PUBLIC_TARGET = 'edge.fingerpost.test'

export type InstallationOptions = {
  /** The Caddy to run, as found by `findCaddies`. */
  readonly caddyPath: string
  /** An empty folder for everything that is written; the caller removes it. */
  readonly directory: string
}

/** Fingerpost as an operator runs it, with a DNS and a certificate authority of its own. */
export type Installation = AsyncDisposable & {
  readonly dns: ScriptedDns
  readonly pebble: Pebble
  readonly api: ApiClient
  readonly ports: Ports
  /** Starts a service that does not run, with settings beside the usual ones. */
  start(name: ServiceName, settings?: Readonly<Record<string, string>>): Promise<void>
  /** SIGTERM, then waits until the service is gone. */
  stop(name: ServiceName): Promise<void>
  /** SIGKILL, then waits until the service is gone. */
  kill(name: ServiceName): Promise<void>
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
}

/** Starts DNS, Pebble, the three services and Caddy, in that order. */
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
    }),
  )
  const services = new Services(serviceSettings(dataDir, ports, dns.address))
  stack.defer(() => services.stopAll())
  for (const name of SERVICE_NAMES) await services.start(name, {})

  const caddyOptions = caddyOptionsOf(options, dataDir, ports, pebble)
  let caddy: Caddy = await startCaddy(caddyOptions)
  stack.defer(async () => void (await caddy.stop()))

  const adminToken = (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim()
  const kept = stack.move()
  return {
    dns,
    pebble,
    api: new ApiClient(`http://127.0.0.1:${ports.core}`, adminToken),
    ports,
    start: (name, settings = {}) => services.start(name, settings),
    stop: (name) => services.stop(name),
    kill: (name) => services.kill(name),
    log: (name) => services.program(name).lines,
    restartCaddy: async () => {
      await caddy.stop()
      caddy = await startCaddy(caddyOptions)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const SERVICE_NAMES: readonly ServiceName[] = ['api-core', 'domain-manager', 'edge']

async function choosePorts(): Promise<Ports> {
  const [http = 0, https = 0, edge = 0, core = 0, grpc = 0, ask = 0] = await freePorts(6)
  return { http, https, edge, core, grpc, ask }
}

function serviceSettings(dataDir: string, ports: Ports, dns: string): Record<string, string> {
  return {
    FINGERPOST_DATA_DIR: dataDir,
    FINGERPOST_PUBLIC_TARGET: PUBLIC_TARGET,
    CORE_HTTP_ADDR: `127.0.0.1:${ports.core}`,
    CORE_GRPC_ADDR: `127.0.0.1:${ports.grpc}`,
    CORE_OPS_ADDR: '127.0.0.1:0',
    DOMAINS_ADDR: `127.0.0.1:${ports.ask}`,
    DOMAINS_OPS_ADDR: '127.0.0.1:0',
    DOMAINS_PLAIN_ADDR: '127.0.0.1:0',
    DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:0',
    DOMAINS_DNS_SERVERS: dns,
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
    path: options.caddyPath,
    httpPort: ports.http,
    httpsPort: ports.https,
    dataDirectory: dataDir,
    askAddress: `127.0.0.1:${ports.ask}`,
    edgeAddress: `127.0.0.1:${ports.edge}`,
    issuer: {
      kind: 'acme',
      directoryUrl: pebble.directoryUrl,
      trustedRootsFile: pebble.trustedRootsFile,
    },
  }
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
      args: [fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url))],
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
