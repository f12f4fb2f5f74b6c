import { createHmac } from 'node:crypto'
import { PROBE_PATH, PROBE_RANDOM_OCTETS, ProbeProof } from '@fingerpost/contract/probe-proof'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import t from 'tap'
import { request, sendRaw } from './support/raw-client.ts'
import { eventually, startWholeEdge } from './support/running-edge.ts'
import { PROBE_SECRET, startTestEdge } from './support/test-edge.ts'

const KNOWN = hostname('links.example.com')
const UNKNOWN = hostname('nobody.example')
const LIFETIME_MS = 60_000

const proof = new ProbeProof(PROBE_SECRET)

function hostname(text: string): Hostname {
  const parsed = canonicalHostname(text)
  if (parsed === undefined) throw new Error(`no hostname: ${text}`)
  return parsed
}

async function probedEdge() {
  const edge = await startTestEdge()
  edge.core.givenDomain({ hostname: KNOWN, status: 'active' })
  edge.core.givenLink({ hostname: KNOWN, slug: 'spring', destination: 'https://example.com/' })
  await edge.caughtUp()
  const random = Buffer.alloc(PROBE_RANDOM_OCTETS, 1)
  const nonce = proof.makeNonce(edge.clock.now() + LIFETIME_MS, random)
  return Object.assign(edge, { nonce })
}

t.test('a probe is answered on every hostname, known or not, without a lookup', async (t) => {
  await using edge = await probedEdge()
  for (const asked of [KNOWN, UNKNOWN]) {
    const { status, headers, body } = await request(edge.port, asked, PROBE_PATH + edge.nonce)
    t.equal(status, 200)
    t.equal(proof.isAnswer(body, edge.nonce, asked), true, asked)
    t.match(headers, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  }
  t.same(edge.core.calls.lookupLink, 0)
  t.same(edge.lookup.counts(), (await startedCounts()).counts)
  const { text } = await edge.metrics.all.scrape()
  t.match(text, /edge_request_duration_seconds_count\{tier="none",outcome="probe"\} 2/)
})

/** What L1 holds of an edge that nobody has asked anything. */
async function startedCounts() {
  await using edge = await probedEdge()
  return { counts: edge.lookup.counts() }
}

t.test('an answer is for the hostname that was asked, in whatever spelling', async (t) => {
  await using edge = await probedEdge()
  const { body } = await request(edge.port, 'LINKS.Example.com.:80', PROBE_PATH + edge.nonce)
  t.equal(proof.isAnswer(body, edge.nonce, KNOWN), true)
  t.equal(proof.isAnswer(body, edge.nonce, UNKNOWN), false)
})

t.test('HEAD gives the head of the answer', async (t) => {
  await using edge = await probedEdge()
  const path = PROBE_PATH + edge.nonce
  const { body, ...given } = await request(edge.port, KNOWN, path, { method: 'HEAD' })
  t.match(given, { status: 200, headers: { 'content-length': '43' } })
  t.equal(body, '')
  t.match(await request(edge.port, KNOWN, path, { method: 'POST' }), { status: 405 })
})

t.test('an expired nonce is answered as any other path there', async (t) => {
  await using edge = await probedEdge()
  const any = await request(edge.port, KNOWN, '/.well-known/x')
  t.equal(any.status, 404)
  await edge.advance(LIFETIME_MS - 1)
  t.match(await request(edge.port, KNOWN, PROBE_PATH + edge.nonce), { status: 200 })
  await edge.advance(1)
  const { date: _date, ...headers } = any.headers
  const expired = await request(edge.port, KNOWN, PROBE_PATH + edge.nonce)
  t.match(expired, { ...any, headers })
})

t.test('nothing that we did not sign is answered', async (t) => {
  await using edge = await probedEdge()
  const octets = Buffer.from(edge.nonce, 'base64url')
  const selfMade = createHmac('sha256', 'guess').update(octets.subarray(0, 17)).digest()
  const forged = Buffer.concat([octets.subarray(0, 17), selfMade.subarray(0, 16)])
  const other = new ProbeProof('the secret of somebody else')
  for (const nonce of [
    forged.toString('base64url'),
    other.makeNonce(edge.clock.now() + LIFETIME_MS, Buffer.alloc(PROBE_RANDOM_OCTETS)),
    'A'.repeat(44),
  ]) {
    t.match(await request(edge.port, KNOWN, PROBE_PATH + nonce), { status: 404 })
  }
})

t.test('the path has one spelling', async (t) => {
  await using edge = await probedEdge()
  const { nonce } = edge
  for (const path of [
    `/.WELL-KNOWN/fingerpost/${nonce}`,
    `/.well-known/Fingerpost/${nonce}`,
    `/%2ewell-known/fingerpost/${nonce}`,
    `/.well-known%2ffingerpost/${nonce}`,
    `//.well-known/fingerpost/${nonce}`,
    `/./.well-known/fingerpost/${nonce}`,
    `/.well-known/x/../fingerpost/${nonce}`,
    `/.well-known/fingerpost//${nonce}`,
    `/.well-known/fingerpost/${nonce}/`,
    `/.well-known/fingerpost/${nonce}?a`,
    `/.well-known/fingerpost/${nonce}#a`,
    `/.well-known/fingerpost/${nonce}=`,
    `/.well-known/fingerpost/%${nonce.charCodeAt(0).toString(16)}${nonce.slice(1)}`,
    '/.well-known/fingerpost/',
    '/.well-known/fingerpost',
  ]) {
    t.match(await request(edge.port, KNOWN, path), { status: 404 }, path)
  }
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    t.match(await request(edge.port, host, PROBE_PATH + nonce), { status: 404 }, host)
  }
  const absolute = `GET http://${KNOWN}${PROBE_PATH}${nonce} HTTP/1.1\r\nHost: ${KNOWN}\r\n\r\n`
  t.match((await sendRaw(edge.port, absolute)).responses, [{ status: 400 }])
  const twice = `GET ${PROBE_PATH}${nonce} HTTP/1.1\r\nHost: ${KNOWN}\r\nHost: ${UNKNOWN}\r\n\r\n`
  t.match((await sendRaw(edge.port, twice)).responses, [{ status: 400 }])
})

t.test('a link cannot be had under the path, and a probe spares the connection', async (t) => {
  await using edge = await probedEdge()
  const probe = `GET ${PROBE_PATH}${edge.nonce} HTTP/1.1\r\nHost: ${KNOWN}\r\n\r\n`
  const link = `GET /spring HTTP/1.1\r\nHost: ${KNOWN}\r\n\r\n`
  const { responses } = await sendRaw(edge.port, link + probe + link, { count: 3 })
  t.match(responses, [{ status: 302 }, { status: 200 }, { status: 302 }])
})

t.test('the edge answers by the secret that all services share, while it drains too', async (t) => {
  const secret = 'shared by all services of a test'
  await using whole = await startWholeEdge({ FINGERPOST_GRPC_TOKEN: secret })
  const shared = new ProbeProof(secret)
  const random = Buffer.alloc(PROBE_RANDOM_OCTETS)
  const nonce = shared.makeNonce(Date.now() + LIFETIME_MS, random)
  const ask = () => request(whole.ports.http, UNKNOWN, PROBE_PATH + nonce)
  await eventually(async () => (await ask()).status === 200, 5_000)
  const stopping = whole.edge[Symbol.asyncDispose]()
  const { body, headers } = await ask()
  t.equal(headers['connection'], 'close')
  t.equal(shared.isAnswer(body, nonce, UNKNOWN), true)
  await stopping
})
