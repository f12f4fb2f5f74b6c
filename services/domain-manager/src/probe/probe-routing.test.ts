import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PROBE_PATH, ProbeProof } from '@fingerpost/contract/probe-proof'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import t, { type Test } from 'tap'
import { REDIRECTS_MAX } from './probe-address.ts'
import { PROBED_ADDRESSES_MAX, probeRouting, type ProbeDeps } from './probe-routing.ts'

const HOSTNAME = hostname('links.example.com')
const NOW = 1_800_000_000_000
const LIMITS = { totalMsMax: 1_000, connectMsMax: 500, headerOctetsMax: 4_096, bodyOctetsMax: 256 }
const NEVER = new AbortController().signal
const proof = new ProbeProof('the secret of this installation')

function hostname(text: string): Hostname {
  const parsed = canonicalHostname(text)
  if (parsed === undefined) throw new Error(`no hostname: ${text}`)
  return parsed
}

/** Answers a probe as an edge with this secret does. */
function edge(by: ProbeProof): RequestListener {
  return (request, response) => {
    const asked = canonicalHostname(request.headers.host ?? '') ?? HOSTNAME
    const text = by.answer((request.url ?? '').slice(PROBE_PATH.length), asked, NOW)
    response.statusCode = text === undefined ? 404 : 200
    response.end(text)
  }
}

type Site = { readonly port: number; readonly asked: string[] }

/** A server at one loopback address; without a port, at one that is free. */
async function serve(
  t: Test,
  answer: RequestListener,
  { address = '127.0.0.1', port = 0 } = {},
): Promise<Site> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host} ${request.url?.replace(/[\w-]{44}/, 'NONCE')}`)
    answer(request, response)
  })
  server.listen(port, address)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

function probe(
  port: number,
  addresses: readonly string[] = ['127.0.0.1'],
  rest: Partial<ProbeDeps> = {},
  signal = NEVER,
) {
  return probeRouting({ hostname: HOSTNAME, addresses }, signal, {
    proof,
    httpPort: port,
    redirectPorts: [80, 443, port],
    allowPrivate: true,
    limits: LIMITS,
    lookup: () => Promise.reject(new Error('a lookup was not expected')),
    now: () => NOW,
    ...rest,
  })
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end()
}

t.test('our own edge is recognised at the address that is published', async (t) => {
  const { port, asked } = await serve(t, edge(proof))
  const { probe: seen, evidence } = await probe(port)
  t.match(seen, { state: 'reached', checkedAt: NOW })
  t.same(asked, [`${HOSTNAME}:${port} ${PROBE_PATH}NONCE`])
  t.same(evidence, [
    {
      role: 'probe',
      server: '127.0.0.1',
      question: `GET http://${HOSTNAME}${PROBE_PATH}…`,
      outcome: 'proved',
      values: [],
      ttlS: undefined,
      at: NOW,
    },
  ])
})

t.test('each address is asked, and one that is wrong is named', async (t) => {
  const { port } = await serve(t, edge(proof))
  await serve(t, (_request, response) => response.end('hello'), { address: '127.0.0.2', port })
  const { probe: seen, evidence } = await probe(port, ['127.0.0.1', '127.0.0.2', '127.0.0.3'])
  t.match(seen, { state: 'partly', message: /A 127\.0\.0\.2 answers HTTP 200/ })
  t.match(seen.message, /A 127\.0\.0\.3 refuses the connection/)
  t.match(evidence, [{ outcome: 'proved' }, { outcome: 'HTTP 200' }, { outcome: 'refused' }])
})

t.test('another installation, and an answer for another hostname, are not ours', async (t) => {
  const other = await serve(t, edge(new ProbeProof('the secret of somebody else')))
  t.match((await probe(other.port)).probe, { state: 'elsewhere' })
  const replay = await serve(t, (request, response) => {
    const nonce = (request.url ?? '').slice(PROBE_PATH.length)
    response.end(proof.answer(nonce, hostname('other.example.com'), NOW))
  })
  t.match((await probe(replay.port)).probe, { state: 'elsewhere', message: /another installation/ })
})

t.test('redirects are followed, on the same address as long as the host is the same', async (t) => {
  const { port } = await serve(t, (request, response) => {
    const { url = '' } = request
    if (!url.startsWith('/on/')) return redirect(response, url.replace(PROBE_PATH, '/on/'))
    response.end(proof.answer(url.slice('/on/'.length), HOSTNAME, NOW))
  })
  t.match((await probe(port)).probe, { state: 'reached' })
})

t.test('redirects in a circle are told as such', async (t) => {
  const { port, asked } = await serve(t, (request, response) => {
    redirect(response, request.url === '/' ? '/other' : '/')
  })
  t.match((await probe(port)).probe, { state: 'elsewhere', message: /in a circle/ })
  t.equal(asked.length, 3)
})

t.test('a redirect to another host is followed to what DNS says of it', async (t) => {
  const looked: string[] = []
  const lookup = async (name: string) => {
    looked.push(name)
    return ['127.0.0.1']
  }
  const { port } = await serve(t, (request, response) => {
    const nonce = (request.url ?? '').slice(PROBE_PATH.length)
    if (request.headers.host?.startsWith('www.')) response.end(proof.answer(nonce, HOSTNAME, NOW))
    else redirect(response, `http://www.example.com:${port}${request.url}`)
  })
  t.match((await probe(port, ['127.0.0.1'], { lookup })).probe, { state: 'reached' })
  t.same(looked, ['www.example.com'])
})

t.test('of a redirect to another host IPv6 is tried first, and IPv4 when that fails', async (t) => {
  const answer: RequestListener = (request, response) => {
    const nonce = (request.url ?? '').slice(PROBE_PATH.length)
    if (request.headers.host?.startsWith('www.')) response.end(proof.answer(nonce, HOSTNAME, NOW))
    else redirect(response, `http://www.example.com:${port}${request.url}`)
  }
  const { port, asked } = await serve(t, answer)
  const looked = async (...addresses: readonly string[]) =>
    (await probe(port, ['127.0.0.1'], { lookup: async () => addresses })).probe
  t.match(await looked('127.0.0.1', '::1'), { state: 'reached' }, 'nobody listens at ::1')
  t.equal(asked.length, 2)
  t.match(await looked('127.0.0.2', '::1'), { state: 'unreachable', message: /refuses/ })
  t.match(await looked('127.0.0.1', '224.0.0.1', '::1'), { state: 'reached' }, 'one of each kind')
  t.match(await looked('224.0.0.1'), {
    state: 'unknown',
    message: /A 127\.0\.0\.1 redirects to ".+www\.example\.com.+", to which there is no way/,
  })
})

t.test('a redirect whose host could not be looked up says nothing', async (t) => {
  const { port } = await serve(t, (_request, response) => redirect(response, 'http://www.test/'))
  const { probe: seen } = await probe(port, ['127.0.0.1'], { lookup: async () => undefined })
  t.match(seen, { state: 'unknown', message: /"http:\/\/www\.test\/", whose host could not be/ })
})

t.test('no more redirects are followed than a CA follows', async (t) => {
  const { port, asked } = await serve(t, (_request, response) => {
    redirect(response, `/${asked.length}`)
  })
  t.match((await probe(port)).probe, { state: 'elsewhere', message: /more often than a CA/ })
  t.equal(asked.length, REDIRECTS_MAX + 1)
})

const BAD: readonly (readonly [location: string, words: RegExp])[] = [
  ['http://links.example.com:8080/', /port is neither 80 nor 443/],
  ['ftp://links.example.com/', /no http or https URL/],
  ['javascript:alert(1)', /no http or https URL/],
  ['http://', /no http or https URL/],
  ['http://127.0.0.1/', /no address that can be found/],
  ['http://[::1]/', /no address that can be found/],
  ['http://nowhere.example/', /no address that can be found/],
]
for (const [location, words] of BAD) {
  t.test(`a redirect to ${location} is not followed`, async (t) => {
    const { port } = await serve(t, (_request, response) => redirect(response, location))
    const lookup = async () => []
    t.match((await probe(port, ['127.0.0.1'], { lookup })).probe, {
      state: 'elsewhere',
      message: words,
    })
  })
}

t.test('nothing inside is connected to, neither at once nor by a redirect', async (t) => {
  const { port, asked } = await serve(t, edge(proof))
  const inside = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fe80::1']
  const { probe: seen, evidence } = await probe(port, inside, { allowPrivate: false })
  t.match(seen, { state: 'elsewhere', message: /no address of the public internet/ })
  t.same(new Set(evidence.map(({ outcome }) => outcome)), new Set(['not_public']))
  t.same(asked, [])
})

t.test('not every address of a long list is asked, and none twice', async (t) => {
  const { port, asked } = await serve(t, edge(proof))
  const many = Array.from({ length: 100 }, (_, index) => `127.0.1.${index + 1}`)
  const { evidence } = await probe(port, ['127.0.0.1', '127.0.0.1', ...many])
  t.equal(evidence.length, PROBED_ADDRESSES_MAX)
  t.equal(asked.length, 1)
})

t.test('what is given up, and a network that is not there, say nothing', async (t) => {
  const stop = new AbortController()
  const { port } = await serve(t, () => stop.abort())
  t.match((await probe(port, ['127.0.0.1'], {}, stop.signal)).probe, { state: 'unknown' })
  t.match((await probe(port, ['224.0.0.1'])).probe, { state: 'unknown' })
})
