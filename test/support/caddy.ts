import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startProgram, type Program } from './program.ts'

/** The Caddyfile of this repository, the one that production runs. */
export const CADDYFILE: string = fileURLToPath(new URL('../../Caddyfile', import.meta.url))

export type CaddyOptions = {
  /** The program, as found by `findCaddies`. */
  readonly path: string
  readonly httpPort: number
  readonly httpsPort: number
  /** Where certificates and keys are kept, in `<dataDirectory>/caddy`; keep it over a restart. */
  readonly dataDirectory: string
  /** `ip:port` of whoever answers `/ask`. */
  readonly askAddress: string
  /** `ip:port` of the edge. */
  readonly edgeAddress: string
  /** `ip:port` of whoever answers plain HTTP; unset: nobody does, and all of it is redirected. */
  readonly plainAddress?: string
  /** `ip:port` of whoever reads the log of certificates, of current Caddy only. */
  readonly logAddress?: string
  /** `ip:port` of each further edge; one that fails is then left alone for a second. */
  readonly moreEdgeAddresses?: readonly string[]
  readonly issuer:
    | { readonly kind: 'internal' }
    | {
        readonly kind: 'acme'
        readonly directoryUrl: string
        readonly trustedRootsFile: string
        readonly email?: string
      }
  /** A JSON configuration to run instead of the Caddyfile, as changed from `adaptCaddyfile`. */
  readonly configFile?: string
}

/** A running Caddy. Its log is JSON, one object per line. */
export type Caddy = Program

/** Starts Caddy with the repository's own Caddyfile on 127.0.0.1; settles when it serves. */
export function startCaddy(options: CaddyOptions): Promise<Caddy> {
  const config =
    options.configFile === undefined
      ? ['--config', CADDYFILE, '--adapter', 'caddyfile']
      : ['--config', options.configFile]
  return startProgram({
    name: 'caddy',
    command: options.path,
    args: ['run', ...config],
    env: caddyEnvironment(options),
    cwd: options.dataDirectory,
    ready: { kind: 'line', matches: /serving initial configuration/ },
    readyWithinMs: 20_000,
    stopWithinMs: 6_000,
  })
}

// The port "discard", at which nobody listens.
const NOBODY = '127.0.0.1:9'

/** Everything that differs from production, as environment placeholders of the Caddyfile. */
export function caddyEnvironment(options: CaddyOptions): Record<string, string> {
  const { issuer, moreEdgeAddresses = [] } = options
  return {
    FINGERPOST_CADDY_BIND: '127.0.0.1',
    FINGERPOST_HTTP_PORT: String(options.httpPort),
    FINGERPOST_HTTPS_PORT: String(options.httpsPort),
    FINGERPOST_HTTPS_PORT_SUFFIX: `:${options.httpsPort}`,
    FINGERPOST_CADDY_ISSUER: issuer.kind,
    DOMAINS_ADDR: options.askAddress,
    EDGE_ADDR: options.edgeAddress,
    DOMAINS_PLAIN_ADDR: options.plainAddress ?? NOBODY,
    ...(options.logAddress !== undefined && {
      FINGERPOST_CADDY_LOG: 'net',
      DOMAINS_CADDY_LOG_ADDR: options.logAddress,
    }),
    ...(moreEdgeAddresses.length > 0 && {
      FINGERPOST_MORE_EDGE_ADDRS: moreEdgeAddresses.join(' '),
      FINGERPOST_EDGE_FAIL_DURATION: '1s',
    }),
    XDG_DATA_HOME: options.dataDirectory,
    XDG_CONFIG_HOME: options.dataDirectory,
    ...(issuer.kind === 'acme' && {
      FINGERPOST_ACME_DIRECTORY: issuer.directoryUrl,
      FINGERPOST_ACME_TRUSTED_ROOTS: issuer.trustedRootsFile,
      ...(issuer.email !== undefined && { FINGERPOST_ACME_EMAIL: issuer.email }),
    }),
  }
}

/** Gives the Caddyfile as the JSON that this Caddy makes of it under `env`. */
export async function adaptCaddyfile(
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await promisify(execFile)(
    path,
    ['adapt', '--config', CADDYFILE, '--adapter', 'caddyfile'],
    { env, maxBuffer: 4 * 1024 * 1024 },
  )
  return stdout
}
