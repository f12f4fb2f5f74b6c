import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startCaddy } from '../../../test/support/caddy.ts'
import type { CaddyProgram } from '../../../test/support/caddies.ts'
import { freePorts } from '../../../test/support/free-port.ts'
import type { Program } from '../../../test/support/program.ts'
import { handshake } from '../../../test/support/tls-client.ts'
import type { Destination } from './client-connection.ts'

/** A running Caddy with the repository's Caddyfile and certificates of its own authority. */
export type ChaosCaddy = AsyncDisposable & {
  readonly program: Program
  readonly httpPort: number
  /** Where to send requests for a hostname. */
  destination(hostname: string): Destination
}

/** What stands around a Caddy. */
export type ChaosCaddyOptions = {
  /** A folder of its own. */
  readonly directory: string
  readonly askPort: number
  readonly edgePorts: readonly [number, ...number[]]
  /** They get their certificates before it counts as started. */
  readonly hostnames: readonly string[]
}

const HANDSHAKE_MS_MAX = 20_000

/** Starts a Caddy in front of one edge, or of several. */
export async function startChaosCaddy(
  caddy: CaddyProgram,
  options: ChaosCaddyOptions,
): Promise<ChaosCaddy> {
  const { directory, askPort, edgePorts, hostnames } = options
  await mkdir(directory, { recursive: true })
  const [httpPort = 0, httpsPort = 0] = await freePorts(2)
  const [edgeAddress = '', ...moreEdgeAddresses] = edgePorts.map((port) => `127.0.0.1:${port}`)
  const program = await startCaddy({
    path: caddy.path,
    httpPort,
    httpsPort,
    dataDirectory: directory,
    askAddress: `127.0.0.1:${askPort}`,
    edgeAddress,
    moreEdgeAddresses,
    issuer: { kind: 'internal' },
  })
  const authority = join(directory, 'caddy', 'pki', 'authorities', 'local', 'root.crt')
  const ca = await readFile(authority, 'utf8')
  for (const hostname of hostnames) {
    const made = await handshake({
      port: httpsPort,
      hostname,
      caPem: ca,
      timeoutMs: HANDSHAKE_MS_MAX,
    })
    if (made.kind !== 'accepted') throw new Error(`${hostname}: ${JSON.stringify(made)}`)
  }
  return {
    program,
    httpPort,
    destination: (hostname) => ({ port: httpsPort, tls: { ca, hostname } }),
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  }
}
