import t from 'tap'
import { request, sendRaw } from './support/raw-client.ts'
import { startTestEdge } from './support/test-edge.ts'

const HOSTNAME = 'links.example.com'
const HOST = `Host: ${HOSTNAME}`

type Row = {
  readonly when: string
  readonly octets: string
  /** Undefined: the connection ends without a word. */
  readonly status: number | undefined
  readonly isClosed: boolean
}

const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`

/** Answered by our own code: the connection can go on. */
const answered = (when: string, status: number, octets: string): Row => ({
  when,
  status,
  octets,
  isClosed: false,
})

/** Answered, and the connection ends, because what follows cannot be told apart. */
const ended = (when: string, status: number | undefined, octets: string): Row => ({
  when,
  status,
  octets,
  isClosed: true,
})

const ROWS: readonly Row[] = [
  answered('two Hosts', 400, head('GET /spring HTTP/1.1', HOST, 'Host: evil.example')),
  answered('two Hosts, 250 headers apart', 400, farApart(250)),
  answered('two equal Hosts', 400, head('GET /spring HTTP/1.1', HOST, HOST)),
  ended('two Hosts, 3,000 headers apart', 431, farApart(3_000)),
  answered('no Host', 400, head('GET /spring HTTP/1.1')),
  answered('an empty Host', 400, head('GET /spring HTTP/1.1', 'Host:')),
  answered('a Host with a path', 400, head('GET /spring HTTP/1.1', `${HOST}/x`)),
  answered('a Host with a user', 400, head('GET /spring HTTP/1.1', 'Host: a@links.example.com')),
  answered('a list of Hosts', 400, head('GET /spring HTTP/1.1', `${HOST}, evil.example`)),
  answered(
    'a Host beyond ASCII',
    400,
    head('GET /spring HTTP/1.1', 'Host: l\u00efnks.example.com'),
  ),
  answered('a Host with a percent sign', 400, head('GET / HTTP/1.1', 'Host: links%2eexample.com')),
  answered('a Host of 300 octets', 421, head('GET / HTTP/1.1', `Host: ${'a.'.repeat(150)}example`)),
  answered('absolute form', 400, head(`GET http://${HOSTNAME}/spring HTTP/1.1`, HOST)),
  answered('absolute form, other host', 400, head('GET http://evil.example/ HTTP/1.1', HOST)),
  answered('absolute form, https', 400, head(`GET https://${HOSTNAME}/spring HTTP/1.1`, HOST)),
  answered('asterisk form', 400, head('GET * HTTP/1.1', HOST)),
  answered('OPTIONS *', 400, head('OPTIONS * HTTP/1.1', HOST)),
  answered('OPTIONS', 405, head('OPTIONS /spring HTTP/1.1', HOST)),
  answered('POST without a body', 405, head('POST /spring HTTP/1.1', HOST, 'Content-Length: 0')),
  answered('PUT', 405, head('PUT /spring HTTP/1.1', HOST)),
  answered('DELETE', 405, head('DELETE /spring HTTP/1.1', HOST)),
  answered('PATCH', 405, head('PATCH /spring HTTP/1.1', HOST)),
  answered('TRACE', 405, head('TRACE /spring HTTP/1.1', HOST)),
  answered('PROPFIND', 405, head('PROPFIND /spring HTTP/1.1', HOST)),
  answered('QUERY', 405, head('QUERY /spring HTTP/1.1', HOST)),
  answered('POST under .well-known', 405, head('POST /.well-known/x HTTP/1.1', HOST)),
  ended('POST with a body', 405, head('POST / HTTP/1.1', HOST, 'Content-Length: 3') + 'a=b'),
  ended('POST in chunks', 405, head('POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked')),
  ended('POST that waits', 405, head('POST / HTTP/1.1', HOST, 'Content-Length: 9', waits())),
  answered('a path that is a host', 404, head('GET //evil.example/%2f.. HTTP/1.1', HOST)),
  answered('a backslash host', 404, head('GET /\\evil.example HTTP/1.1', HOST)),
  answered('dot segments', 404, head('GET /../../etc/passwd HTTP/1.1', HOST)),
  answered('encoded dot segments', 404, head('GET /%2e%2e/%2e%2e HTTP/1.1', HOST)),
  answered('an encoded NUL', 404, head('GET /spring%00 HTTP/1.1', HOST)),
  answered('encoded CR LF', 404, head('GET /%0d%0aLocation:%20//evil.example HTTP/1.1', HOST)),
  answered('overlong UTF-8', 404, head('GET /%C0%AF HTTP/1.1', HOST)),
  answered('half a percent code', 404, head('GET /%4 HTTP/1.1', HOST)),
  answered('a lone surrogate', 404, head('GET /%ED%A0%80 HTTP/1.1', HOST)),
  answered('a bidi override', 404, head('GET /%E2%80%AEspring HTTP/1.1', HOST)),
  answered('a slug of 256 octets', 404, head(`GET /${'a'.repeat(256)} HTTP/1.1`, HOST)),
  answered('a path of 8 KiB', 404, head(`GET /${'a'.repeat(8_192)} HTTP/1.1`, HOST)),
  answered('.well-known', 404, head('GET /.well-known/acme-challenge/x HTTP/1.1', HOST)),
  answered('.well-known, encoded', 404, head('GET /%2ewell-known%2fx HTTP/1.1', HOST)),
  answered('.well-known, encoded twice', 404, head('GET /%252ewell-known/x HTTP/1.1', HOST)),
  answered(
    '.well-known of nobody',
    404,
    head('GET /.well-known/x HTTP/1.1', 'Host: nobody.example'),
  ),
  answered('an expectation nobody knows', 404, head('GET /x HTTP/1.1', HOST, 'Expect: banana')),
  ended('HTTP/1.0 without Host', 400, head('GET /spring HTTP/1.0')),
  ended('authority form', 400, head(`CONNECT ${HOSTNAME}:443 HTTP/1.1`, HOST)),
  ended('no request target', 400, head('GET HTTP/1.1', HOST)),
  ended('a target without a slash', 400, head('GET spring HTTP/1.1', HOST)),
  ended('a target beyond ASCII', 400, head('GET /sch\u00c3\u00b6n HTTP/1.1', HOST)),
  ended('a NUL in the target', 400, head('GET /spring\0 HTTP/1.1', HOST)),
  ended('a tab in the target', 400, head('GET /spring\t HTTP/1.1', HOST)),
  ended('a method in lower case', 400, head('get /spring HTTP/1.1', HOST)),
  ended('a method nobody knows', 400, head('BREW /spring HTTP/1.1', HOST)),
  ended('a version nobody knows', 400, head('GET /spring HTTP/9.9', HOST)),
  ended('the HTTP/2 preface', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  ended('bare line feeds', 400, `GET /spring HTTP/1.1\n${HOST}\n\n`),
  ended('a space before the colon', 400, head('GET /spring HTTP/1.1', `Host : ${HOSTNAME}`)),
  ended('a folded header', 400, head('GET /spring HTTP/1.1', ` ${HOST}`)),
  ended('a NUL in a header', 400, head('GET /spring HTTP/1.1', HOST, 'X-A: \0')),
  ended('a CR in a header', 400, head('GET /spring HTTP/1.1', HOST, 'X-A: a\rX-B: b')),
  ended('length and chunks', 400, head('GET / HTTP/1.1', HOST, 'Content-Length: 3', chunked())),
  ended('two lengths', 400, head('GET / HTTP/1.1', HOST, 'Content-Length: 3', 'Content-Length: 4')),
  ended('a negative length', 400, head('GET / HTTP/1.1', HOST, 'Content-Length: -1')),
  // Why no word: the lookup has begun when Node finds that the body has no end.
  ended('an unknown encoding', undefined, head('GET / HTTP/1.1', HOST, 'Transfer-Encoding: x')),
  ended('TLS instead of HTTP', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  ended('noise', 400, '\0\xff\xfe\x80 \x01'),
  ended('a header of 40 KiB', 431, head('GET / HTTP/1.1', HOST, `X-A: ${'a'.repeat(40_960)}`)),
  answered('256 headers', 404, head('GET / HTTP/1.1', HOST, ...Array<string>(255).fill('a:'))),
  ended('257 headers', 431, head('GET / HTTP/1.1', HOST, ...Array<string>(256).fill('a:'))),
  ended('20,000 headers', 431, head('GET / HTTP/1.1', HOST, ...Array<string>(20_000).fill('a:'))),
  ended('a target of 40 KiB', 431, head(`GET /${'a'.repeat(40_960)} HTTP/1.1`, HOST)),
]

for (const { when, octets, status, isClosed } of ROWS) {
  t.test(`${when}: ${status}, ${isClosed ? 'and the end' : 'and on'}`, async (t) => {
    await using edge = await startTestEdge()
    edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
    edge.core.givenLink({ hostname: HOSTNAME, slug: 'spring', destination: 'https://example.com/' })
    await edge.caughtUp()

    // Why a second request: it is answered on a connection that goes on, and on no other.
    const follower = isClosed ? '' : head('GET /spring HTTP/1.1', HOST)
    const { responses } = await sendRaw(edge.port, octets + follower, {
      count: isClosed ? 1 : 2,
      untilClosed: isClosed,
    })
    const [bad, good] = responses
    t.equal(bad?.status, status)
    t.notOk(bad?.headers['location'])
    if (bad !== undefined) {
      t.match(bad.headers, {
        'content-type': 'text/html; charset=utf-8',
        connection: isClosed ? 'close' : 'keep-alive',
      })
      t.equal(bad.headers['allow'], status === 405 ? 'GET, HEAD' : undefined)
    }
    t.equal(good?.status, isClosed ? undefined : 302)

    t.equal((await request(edge.port, HOSTNAME, '/spring')).status, 302, 'it still serves')
    t.same(edge.errors, [])
  })
}

t.test('there are more than 40 rows', async (t) => t.ok(ROWS.length > 40, `${ROWS.length} rows`))

t.test('a body on GET is not looked at, and ends the connection', async (t) => {
  await using edge = await startTestEdge()
  edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  edge.core.givenLink({ hostname: HOSTNAME, slug: 'spring', destination: 'https://example.com/' })
  await edge.caughtUp()
  const smuggled = head('GET /smuggled HTTP/1.1', HOST)
  const length = `Content-Length: ${smuggled.length}`
  const bodies = [
    head('GET /spring HTTP/1.1', HOST, length) + smuggled,
    `${head('GET /spring HTTP/1.1', HOST, chunked())}3\r\nabc\r\n0\r\n\r\n`,
    head('GET /spring HTTP/1.1', HOST, 'Content-Length: 1000000'),
    head('GET /spring HTTP/1.1', HOST, 'Content-Length: 9', waits()),
  ]
  for (const octets of bodies) {
    const { responses, isClosed } = await sendRaw(edge.port, octets, { untilClosed: true })
    t.same(
      responses.map(({ status, headers }) => [status, headers['connection']]),
      [[302, 'close']],
    )
    t.equal(isClosed, true)
  }
  t.equal(edge.core.calls.lookupLink, 1, 'nothing in a body was taken for a request')
})

t.test('requests sent at once are answered in order, while one waits for core', async (t) => {
  await using edge = await startTestEdge()
  edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  for (const slug of ['a', 'b']) {
    edge.core.givenLink({ hostname: HOSTNAME, slug, destination: `https://example.com/${slug}` })
  }
  await edge.caughtUp()
  await request(edge.port, HOSTNAME, '/b')
  const release = edge.core.hold('lookupLink')
  const exchange = sendRaw(
    edge.port,
    head('GET /a HTTP/1.1', HOST) +
      head('GET /b HTTP/1.1', HOST) +
      head('GET /.well-known HTTP/1.1', HOST),
    { count: 3 },
  )
  await edge.clock.advance(0)
  release()
  const { responses } = await exchange
  t.same(
    responses.map(({ status, headers }) => headers['location'] ?? status),
    ['https://example.com/a', 'https://example.com/b', 404],
  )
})

t.test('noise behind a request that waits is not taken for its answer', async (t) => {
  await using edge = await startTestEdge()
  const release = edge.core.hold('lookupLink')
  const octets = `${head('GET /a HTTP/1.1', HOST)}noise\r\n\r\n`
  const { responses, isClosed } = await sendRaw(edge.port, octets, { untilClosed: true })
  release()
  t.same([responses.length, isClosed], [0, true])
  t.equal((await request(edge.port, HOSTNAME, '/a')).status, 421)
})

function farApart(count: number): string {
  const between = Array.from({ length: count }, (_, index) => `a${index % 10}:`)
  return head('GET /spring HTTP/1.1', HOST, ...between, 'Host: evil.example')
}

function chunked(): string {
  return 'Transfer-Encoding: chunked'
}

function waits(): string {
  return 'Expect: 100-continue'
}
