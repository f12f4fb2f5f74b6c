import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { createLogger } from '@fingerpost/chassis/logger'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { serveCore, type CoreServer } from '@fingerpost/contract/core-server'
import { readEdgeConfig } from '../../src/config.ts'
import { startEdge } from '../../src/start.ts'
import { Relay } from './relay.ts'

/** The secret that the edge and core of a test share. */
export const SECRET = 'a-secret-for-tests-only'

/** Starts a whole edge, and a core that it reaches by gRPC over a relay; core is not served yet. */
export async function startWholeEdge(settings: Readonly<Record<string, string>> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'fingerpost-edge-'))
  const relay = await Relay.start()
  const core = new FakeCore({ now: () => Date.now() })
  const lines: string[] = []
  const log = createLogger('edge', 'info', { write: (line) => lines.push(line) })
  const config = readEdgeConfig({
    FINGERPOST_DATA_DIR: dataDir,
    FINGERPOST_GRPC_TOKEN: SECRET,
    EDGE_ADDR: '127.0.0.1:0',
    EDGE_OPS_ADDR: '127.0.0.1:0',
    CORE_GRPC_ADDR: `127.0.0.1:${relay.port}`,
    ...settings,
  })
  const edge = await startEdge(config, log, { drainLimits: { noticeMs: 300, finishMsMax: 3_000 } })
  let server: CoreServer | undefined

  return {
    core,
    relay,
    edge,
    ports: edge.ports,
    lines,
    async serveCore(secret = SECRET) {
      server = await serveCore({ core, address: '127.0.0.1:0', secret, log })
      relay.leadTo(server.port)
    },
    async stopCore() {
      relay.cut()
      await server?.[Symbol.asyncDispose]()
      server = undefined
    },
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]()
      relay.cut()
      await server?.[Symbol.asyncDispose]()
      await relay[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true })
    },
  }
}

/** Reads a page of the ops listener. */
export async function ops(
  port: number,
  path: string,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status?: number; text: string }>()
  get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
  }).on('error', reject)
  const { status, text } = await promise
  return { status, text }
}

const POLL_MS = 10

/** Asks again and again until something is so, and gives how long that took. */
export async function eventually(isSo: () => Promise<boolean>, msMax: number): Promise<number> {
  const startedMs = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedMs > msMax) throw new Error(`Not so after ${msMax} ms`)
    await SYSTEM_CLOCK.sleep(POLL_MS, new AbortController().signal)
  }
  return performance.now() - startedMs
}
