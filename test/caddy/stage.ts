import { mkdir, mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCaddy, type Caddy, type CaddyOptions } from '../support/caddy.ts'
import type { CaddyProgram } from '../support/caddies.ts'
import { freePorts } from '../support/free-port.ts'
import { PEBBLE_PROGRAMS, startPebble, type Pebble } from '../support/pebble.ts'
import {
  SCRIPTED_DNS_PROGRAMS,
  startScriptedDns,
  type ScriptedDns,
} from '../support/scripted-dns.ts'
import {
  handshake,
  httpsGet,
  type HandshakeOutcome,
  type HttpRequestOptions,
  type HttpsOutcome,
} from '../support/tls-client.ts'
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.ts'
import { startScriptedAsk, type ScriptedAsk } from './scripted-ask.ts'

/** Programs that a stage runs beside Caddy. */
export const STAGE_PROGRAMS: readonly string[] = [...PEBBLE_PROGRAMS, ...SCRIPTED_DNS_PROGRAMS]

/** Everything around one Caddy: its CA, its DNS, its ask endpoint, its upstream, its storage. */
export type Stage = AsyncDisposable & {
  readonly ask: ScriptedAsk
  readonly dns: ScriptedDns
  readonly pebble: Pebble
  readonly upstream: RecordingUpstream
  readonly caddyOptions: CaddyOptions
  readonly directory: string
  /** Starts Caddy on the same ports and storage every time; stop the one before. */
  startCaddy(options?: { readonly configFile: string }): Promise<Caddy>
  handshake(hostname: string): Promise<HandshakeOutcome>
  httpsGet(
    hostname: string,
    options?: Partial<Pick<HttpRequestOptions, 'path' | 'headers'>> & { readonly sni?: string },
  ): Promise<HttpsOutcome>
}

// More than the 10 s that Caddy waits for ask.
const HANDSHAKE_TIMEOUT_MS = 20_000

/** Sets the stage for one Caddy program; what it starts ends with it. */
export async function setStage(
  caddy: CaddyProgram,
  options: {
    readonly certificateLifetimeS?: number
    readonly blockedHostnames?: readonly string[]
    readonly email?: string
  } = {},
): Promise<Stage> {
  const email = options.email === undefined ? {} : { email: options.email }
  const owned = new AsyncDisposableStack()
  try {
    const temporary = owned.use(await mkdtempDisposable(join(tmpdir(), 'fingerpost-caddy-')))
    const directory = temporary.path
    const [httpPort = 0, httpsPort = 0] = await freePorts(2)
    const ask = owned.use(await startScriptedAsk())
    const upstream = owned.use(await startRecordingUpstream(0))
    const dns = owned.use(await startScriptedDns())
    await mkdir(join(directory, 'pebble'))
    const pebble = owned.use(
      await startPebble({
        ...options,
        directory: join(directory, 'pebble'),
        dnsAddress: dns.address,
        httpPort,
        httpsPort,
      }),
    )
    const { directoryUrl, trustedRootsFile, issuingRootPem: caPem } = pebble
    const caddyOptions: CaddyOptions = {
      path: caddy.path,
      httpPort,
      httpsPort,
      dataDirectory: directory,
      askAddress: ask.address,
      edgeAddress: upstream.address,
      issuer: { kind: 'acme', directoryUrl, trustedRootsFile, ...email },
    }
    const target = { port: httpsPort, caPem, timeoutMs: HANDSHAKE_TIMEOUT_MS }
    return {
      ask,
      dns,
      pebble,
      upstream,
      caddyOptions,
      directory,
      startCaddy: (more) => startCaddy({ ...caddyOptions, ...more }),
      handshake: (hostname) => handshake({ ...target, hostname }),
      httpsGet: (host, more) => httpsGet({ ...target, host, path: '/', ...more }),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    }
  } catch (error) {
    await owned.disposeAsync()
    throw error
  }
}
