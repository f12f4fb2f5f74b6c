import t from 'tap'
import { createLogger } from '@fingerpost/chassis/logger'
import { readCoreConfig } from '../services/api-core/src/config.ts'
import { startCore } from '../services/api-core/src/start.ts'
import { readEdgeConfig } from '../services/edge/src/config.ts'
import { startEdge } from '../services/edge/src/start.ts'
import { request } from '../services/edge/test/support/raw-client.ts'

const TOKEN = 'the-token-of-the-operator'
const OLD = 'old.localhost'
const NEW = 'new.localhost'
const SLUGS = Array.from({ length: 20 }, (_, n) => `link-${n}`)

const log = createLogger('test', 'fatal')
const drainLimits = { noticeMs: 0, finishMsMax: 1_000 }

t.test('links move from an old hostname to a new one, and none of them breaks', async (t) => {
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
  for (const name of ['one', 'two']) {
    const edge = readEdgeConfig({
      ...base,
      FINGERPOST_DATA_DIR: `${folder}/${name}`,
      EDGE_ADDR: '127.0.0.1:0',
      EDGE_OPS_ADDR: '127.0.0.1:0',
      CORE_GRPC_ADDR: `127.0.0.1:${api.ports.grpc}`,
    })
    ports.push(stack.use(await startEdge(edge, log, { drainLimits })).ports.http)
  }
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${api.ports.http}/v1/workspaces${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    t.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
    return idOf(text)
  }

  const workspace = `/${await call('POST', '', { name: 'Acme' })}`
  const write = (method: string, path: string, body?: object): Promise<string> =>
    call(method, `${workspace}${path}?wait=edge`, body)
  const old = await write('POST', '/domains', { hostname: OLD })
  for (const slug of SLUGS) {
    await write('POST', '/links', { domain_id: old, slug, destination_url: urlOf(slug) })
  }

  /** Follows a link as a browser does, over the primary if need be. */
  const follow = async (port: number, hostname: string, slug: string): Promise<string> => {
    const first = await request(port, hostname, `/${slug}`)
    const location = first.headers['location'] ?? `${hostname} ${first.status}`
    if (!location.endsWith(`localhost/${slug}`)) return location
    const second = await request(port, new URL(location).hostname, `/${slug}`)
    return second.headers['location'] ?? `${location} ${second.status}`
  }
  const broken: string[] = []
  let followed = 0
  const lookAt = async (hostnames: readonly string[]): Promise<void> => {
    for (const port of ports) {
      for (const hostname of hostnames) {
        for (const slug of SLUGS) {
          const location = await follow(port, hostname, slug)
          followed += 1
          if (location !== urlOf(slug)) broken.push(`${hostname}/${slug}: ${location}`)
        }
      }
    }
  }
  /** Makes one step while visitors come, and looks at everything after it. */
  const step = async (
    hostnames: readonly string[],
    after: readonly string[],
    work: () => Promise<string>,
  ): Promise<string> => {
    const done = new AbortController()
    const visitors = (async () => {
      while (!done.signal.aborted) await lookAt(hostnames)
    })()
    const id = await work()
    done.abort()
    await visitors
    await lookAt(after)
    return id
  }

  const both = [OLD, NEW]
  const next = await step([OLD], [OLD], () => write('POST', '/domains', { hostname: NEW }))
  const group = await step([OLD], both, () =>
    write('POST', '/domain-groups', {
      name: 'Links',
      primary_domain_id: old,
      alternate_domain_ids: [next],
      alternates: 'serve',
    }),
  )
  const path = `/domain-groups/${group}`
  const change = (body: object) => () => write('PATCH', path, body)
  await step(both, both, change({ primary_domain_id: next }))
  await step(both, both, change({ alternates: 'redirect' }))
  await step(both, both, change({ primary_domain_id: old }))
  await step(both, both, change({ primary_domain_id: next }))
  await step(both, both, change({ alternates: 'serve' }))
  await step([NEW], [NEW], () => write('DELETE', `/domains/${old}`))
  t.same(broken, [])
  for (const port of ports) t.equal((await request(port, OLD, '/link-0')).status, 421)
  t.comment(`${followed} links followed`)
})

function urlOf(slug: string): string {
  return `https://example.com/${slug}`
}

function idOf(json: string): string {
  return /^\{"id":"(\w+)"/.exec(json)?.[1] ?? ''
}
