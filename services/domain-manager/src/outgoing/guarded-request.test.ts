import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { guardedRequest, type GuardedRequestDeps } from './guarded-request.ts'

const LIMITS = { totalMsMax: 2_000, connectMsMax: 1_000, headerOctetsMax: 2_048, bodyOctetsMax: 64 }
const NEVER = new AbortController().signal

/** A listener on loopback that tells how often it was asked. */
async function listener(t: Test): Promise<{ readonly port: number; readonly hosts: string[] }> {
  const hosts: string[] = []
  const server = createServer((request, response) => {
    hosts.push(request.headers.host ?? '')
    response.end('inside')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, hosts }
}

function post(url: string, port: number) {
  return { url: new URL(`${url}:${port}/`), method: 'POST', headers: {}, body: '{}' } as const
}

function deps(addresses: readonly string[], rest: Partial<GuardedRequestDeps> = {}) {
  return { lookup: async () => addresses, allowPrivate: false, limits: LIMITS, ...rest }
}

t.test('a name with a private address is refused, whatever its other addresses', async (t) => {
  const { port, hosts } = await listener(t)
  for (const [addresses, address] of [
    [['127.0.0.1'], '127.0.0.1'],
    [['1.1.1.1', '10.0.0.1'], '10.0.0.1'],
    [['2606:4700::1111', '::ffff:127.0.0.1'], '::ffff:127.0.0.1'],
  ] as const) {
    const answer = await guardedRequest(post('http://hook.example', port), NEVER, deps(addresses))
    t.same(answer, { kind: 'refused_address', address })
  }
  t.same(hosts, [])
})

// The notations in which URL parsers accept an address.
const SPELLINGS = ['127.0.0.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '[::1]']
for (const host of [
  ...SPELLINGS,
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '\uff11\uff12\uff17.1',
]) {
  t.test(`an address written as ${host} is refused without a lookup`, async (t) => {
    const { port, hosts } = await listener(t)
    const lookup = () => Promise.reject(new Error('asked'))
    const answer = await guardedRequest(post(`http://${host}`, port), NEVER, deps([], { lookup }))
    t.equal(answer.kind, 'refused_address')
    t.same(hosts, [])
  })
}

t.test('a name is looked up once, so that it cannot change between look and leap', async (t) => {
  const { port, hosts } = await listener(t)
  const answers = [['127.0.0.1'], ['127.0.0.2']]
  let asked = 0
  const lookup = async () => answers[asked++] ?? []
  const answer = await guardedRequest(
    post('http://hook.example', port),
    NEVER,
    deps([], { lookup, allowPrivate: true }),
  )
  t.match(answer, { kind: 'answered', status: 200, address: '127.0.0.1' })
  t.equal(asked, 1)
  t.same(hosts, [`hook.example:${port}`])
})

t.test('the next address is tried when nobody listens at the first', async (t) => {
  const { port } = await listener(t)
  const answer = await guardedRequest(
    post('http://hook.example', port),
    NEVER,
    deps(['127.0.0.9', '127.0.0.1'], { allowPrivate: true }),
  )
  t.match(answer, { kind: 'answered', address: '127.0.0.1' })
})

t.test('a request that may have arrived is not made again at another address', async (t) => {
  let asked = 0
  const server = createServer((request) => {
    asked += 1
    request.socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const twice = deps(['127.0.0.1', '127.0.0.1'], { allowPrivate: true })
  const answer = await guardedRequest(post('http://hook.example', port), NEVER, twice)
  t.same(answer, { kind: 'failed', what: 'broken' })
  t.equal(asked, 1)
})

t.test('a name that cannot be looked up is a failure, not an exception', async (t) => {
  const request = post('http://hook.example', 80)
  const lookup = () => Promise.reject(new Error('ENOTFOUND'))
  const failed = { kind: 'failed', what: 'lookup_failed' }
  t.same(await guardedRequest(request, NEVER, deps([], { lookup })), failed)
  t.same(await guardedRequest(request, NEVER, deps([])), failed)
})

t.test('a lookup that does not end has its time, and can be given up', async (t) => {
  const request = post('http://hook.example', 80)
  // Why: neither such a lookup nor the deadline keeps the process up.
  const keepAlive = setTimeout(() => undefined, 10_000)
  t.teardown(() => clearTimeout(keepAlive))
  const lookup = () => new Promise<never>(() => undefined)
  const short = { lookup, limits: { ...LIMITS, totalMsMax: 50 } }
  t.same(await guardedRequest(request, NEVER, deps([], short)), { kind: 'failed', what: 'timeout' })
  t.same(await guardedRequest(request, AbortSignal.abort(), deps([], short)), {
    kind: 'failed',
    what: 'cancelled',
  })
})
