import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from './free-port.ts'
import { startProgram, type Program } from './program.ts'

/** What Pebble did, as read from its log. */
export type PebbleLog = {
  /** One hostname per order, oldest first; `unknown` while no validation has begun for it. */
  orders(): readonly string[]
  /** How many validations began, by challenge type. */
  challenges(): { readonly http01: number; readonly other: number }
}

/** A running ACME server; its keys and its root are new at every start. */
export type Pebble = AsyncDisposable &
  PebbleLog & {
    /** For `FINGERPOST_ACME_DIRECTORY`. */
    readonly directoryUrl: string
    /** For `FINGERPOST_ACME_TRUSTED_ROOTS`: what the ACME endpoint itself is trusted by. */
    readonly trustedRootsFile: string
    /** The key of the certificate in `trustedRootsFile`, for a proxy in front of it. */
    readonly privateKeyFile: string
    /** The root of the certificates it issues, for whoever connects to Caddy. */
    readonly issuingRootPem: string
    readonly program: Program
    stop(): Promise<void>
  }

export type PebbleOptions = {
  /** An empty folder for its certificate and configuration; the caller removes it. */
  readonly directory: string
  /** `ip:port` of the DNS server it resolves with. */
  readonly dnsAddress: string
  /** Where HTTP-01 is tried: Caddy's http port. */
  readonly httpPort: number
  /** Where TLS-ALPN-01 would be tried: Caddy's https port. Unless set, a port without anybody. */
  readonly httpsPort?: number
  /** How long issued certificates are valid; undefined for Pebble's five years. */
  readonly certificateLifetimeS?: number
  /** Names that it refuses to issue for, and all names below them. */
  readonly blockedHostnames?: readonly string[]
  /** Environment variables beside those that make it quick, or in place of them. */
  readonly settings?: Readonly<Record<string, string>>
}

const QUICK = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' }

/** Programs that `startPebble` runs. */
export const PEBBLE_PROGRAMS: readonly string[] = ['pebble', 'openssl']

/**
 * Starts Pebble on free ports of 127.0.0.1, at full speed: no sleep before a validation, no
 * rejected nonces, no authorizations taken from an earlier order (but one in a hundred: Pebble
 * draws 0..99 and compares with "greater than").
 *
 * It checks no CAA and has no rate limits.
 */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const { directory } = options
  const [acmePort = 0, managementPort = 0, unusedPort = 0] = await freePorts(3)
  const certificate = join(directory, 'pebble.pem')
  const privateKey = join(directory, 'pebble-key.pem')
  await makeCertificate(certificate, privateKey)
  const config = {
    listenAddress: `127.0.0.1:${acmePort}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate,
    privateKey,
    httpPort: options.httpPort,
    tlsPort: options.httpsPort ?? unusedPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
    certificateValidityPeriod: options.certificateLifetimeS ?? 0,
    domainBlocklist: options.blockedHostnames ?? [],
  }
  const configFile = join(directory, 'pebble.json')
  await writeFile(configFile, JSON.stringify({ pebble: config }))

  const program = await startProgram({
    name: 'pebble',
    command: 'pebble',
    args: ['-config', configFile, '-dnsserver', options.dnsAddress, '-strict'],
    env: { ...QUICK, ...options.settings },
    cwd: directory,
    ready: { kind: 'port', port: acmePort },
    readyWithinMs: 10_000,
    stopWithinMs: 2_000,
  })
  const ca = await readFile(certificate, 'utf8')
  return {
    directoryUrl: `https://127.0.0.1:${acmePort}/dir`,
    trustedRootsFile: certificate,
    privateKeyFile: privateKey,
    issuingRootPem: await fetchPem(`https://127.0.0.1:${managementPort}/roots/0`, ca),
    program,
    orders: () => readOrders(program.lines),
    challenges: () => readChallenges(program.lines),
    stop: async () => void (await program.stop()),
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  }
}

const ORDER = /Added order "/
const VALIDATION = /Pulled a task from the Tasks queue: .*Value:"([^"]+)"/
const HTTP_ATTEMPT = /Attempting to validate w\/ HTTP: (\S+)/

// Pebble's log names the hostname of a validation, but not of an order. Each order here is for one
// name and starts one validation, so the difference in number is orders without one so far.
function readOrders(lines: readonly string[]): readonly string[] {
  const count = lines.filter((line) => ORDER.test(line)).length
  const validated = lines.map((line) => VALIDATION.exec(line)?.[1]).filter(isDefined)
  const unknown = Array<string>(Math.max(0, count - validated.length)).fill('unknown')
  return [...validated, ...unknown]
}

function readChallenges(lines: readonly string[]): { http01: number; other: number } {
  const all = lines.filter((line) => VALIDATION.test(line)).length
  // Pebble tries the URL of one challenge several times.
  const http01 = new Set(lines.map((line) => HTTP_ATTEMPT.exec(line)?.[1]).filter(isDefined)).size
  return { http01, other: all - http01 }
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined
}

async function makeCertificate(certificate: string, privateKey: string): Promise<void> {
  const args = [
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ['-days', '2', '-subj', '/CN=pebble'],
    ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ['-out', certificate, '-keyout', privateKey],
  ]
  await promisify(execFile)('openssl', args.flat())
}

function fetchPem(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    }).on('error', reject)
  })
}
