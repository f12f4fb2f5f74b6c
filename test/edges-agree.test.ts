import t from 'tap'
import { createLogger } from '@fingerpost/chassis/logger'
import { readCoreConfig } from '../services/api-core/src/config.ts'
import { startCore } from '../services/api-core/src/start.ts'
import { readEdgeConfig } from '../services/edge/src/config.ts'
import { startEdge } from '../services/edge/src/start.ts'
import { request } from '../services/edge/test/support/raw-client.ts'

const TOKEN = 'the-token-of-the-operator'
const HOSTNAME = 'go.localhost'
const WRITERS = 4
const WRITES_EACH = 40

const log = createLogger('test', 'fatal')
const drainLimits = { noticeMs: 0, finishMsMax: 1_000 }

t.test('once a write has waited no edge answers with what was before', async (t) => {
  const folder = t.testdir()
  const base = { FINGERPOST_GRPC_TOKEN: 'a-secret-for-tests-only' }
  const core = readCoreConfig({
    ...base,
    FINGERPOST_DATA_DIR: folder,
    CORE_ADMIN_TOKEN: TOKEN,
    CORE_HTTP_ADDR: '127.0.0.1:0',
    CORE_GRPC_ADDR: '127.0.0.1:0',
    CORE_OPS_ADDR: '127.0.0.1:0',
  })
  await using api = await startCore(core, log)
  await using stack = new AsyncDisposableStack()
  const ports: number[] = []
  for (const name of ['one', 'two', 'three']) {
    const edge = readEdgeConfig({
      ...base,
      FINGERPOST_DATA_DIR: `${folder}/${name}`,
      EDGE_ADDR: '127.0.0.1:0',
      EDGE_OPS_ADDR: '127.0.0.1:0',
      CORE_GRPC_ADDR: `127.0.0.1:${api.ports.grpc}`,
    })
    ports.push(stack.use(await startEdge(edge, log, { drainLimits })).ports.http)
  }

  const call = async (method: string, path: string, body: object): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${api.ports.http}/v1/workspaces${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    t.ok(response.ok, `${method} ${response.status}`)
    return idOf(await response.text())
  }
  const id = await call('POST', '', { name: 'Acme' })
  const domain = await call('POST', `/${id}/domains?wait=edge`, { hostname: HOSTNAME })
  const waitsMs: number[] = []
  const writeAndLook = async (writer: number): Promise<void> => {
    const slug = `w${writer}`
    const urlOf = (n: number): string => `https://example.com/${slug}/${n}`
    const link = await call('POST', `/${id}/links?wait=edge`, {
      domain_id: domain,
      slug,
      destination_url: urlOf(0),
    })
    for (let n = 1; n <= WRITES_EACH; n += 1) {
      const beganAt = performance.now()
      const writing = call('PATCH', `/${id}/links/${link}?wait=edge`, {
        destination_url: urlOf(n),
      })
      // Why meanwhile: what is read before the write must not be kept after it.
      await Promise.all(ports.map((port) => request(port, HOSTNAME, `/${slug}`)))
      await writing
      waitsMs.push(performance.now() - beganAt)
      const answers = await Promise.all(ports.map((port) => request(port, HOSTNAME, `/${slug}`)))
      const seen = answers.map(({ headers }) => headers['location'])
      t.same(seen, [urlOf(n), urlOf(n), urlOf(n)])
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => writeAndLook(writer)))
  const sorted = waitsMs.toSorted((one, other) => one - other)
  const part = (share: number): string =>
    (sorted[Math.floor(share * sorted.length)] ?? 0).toFixed(1)
  t.comment(`writes with a wait: p50 ${part(0.5)} ms, p99 ${part(0.99)} ms`)
})

function idOf(json: string): string {
  return /^\{"id":"(\w+)"/.exec(json)?.[1] ?? ''
}
