import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { listen } from '@fingerpost/chassis/listen'
import type { PlainAnswer } from '../src/rules/plain-answer.ts'
import { createPlainServer } from '../src/ask/plain-server.ts'
import { send } from './http-get.ts'

const ANSWERS: Readonly<Record<string, PlainAnswer>> = {
  'works.example.com': 'redirect',
  'new.example.com': 'awaiting_records',
  'soon.example.com': 'awaiting_certificate',
  'failing.example.com': 'certificate_failing',
  'gone.example.com': 'suspended',
}

async function startPlain() {
  const counted: string[] = []
  const server = createPlainServer({
    answer: (hostname) => ANSWERS[hostname] ?? 'unknown_hostname',
    httpsPortSuffix: ':8443',
    onAnswer: (answer) => counted.push(answer),
  })
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'the test')
  return {
    port,
    counted,
    get: (host: string, path = '/', method = 'GET') =>
      send({ port, path, method, headers: { host } }),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

t.test('where HTTPS works, plain HTTP is redirected with path and query', async (t) => {
  await using plain = await startPlain()
  for (const path of ['/', '/spring?a=1&b=%2f', '//evil.test/x', '/%0d%0ax', '/@evil.test']) {
    const { status, headers, body } = await plain.get('WORKS.example.com:80', path)
    t.equal(status, 308)
    t.equal(headers.location, `https://works.example.com:8443${path}`)
    t.equal(body, '')
  }
})

t.test('elsewhere a page says what is awaited, and nothing of the request', async (t) => {
  await using plain = await startPlain()
  const cases = [
    ['new.example.com', 503, '60'],
    ['soon.example.com', 503, '30'],
    ['failing.example.com', 503, '300'],
    ['gone.example.com', 410, undefined],
    ['other.example.com', 421, undefined],
    ['127.0.0.1', 421, undefined],
  ] as const
  for (const [host, status, retryAfter] of cases) {
    const answer = await plain.get(host, '/secret-path?token=x')
    t.equal(answer.status, status, host)
    t.equal(answer.headers['retry-after'], retryAfter)
    t.match(answer.headers['content-security-policy'], /^default-src 'none'; style-src 'sha256-/)
    t.equal(answer.headers['cache-control'], 'private, no-store')
    t.match(answer.body, /<h1>/)
    t.notMatch(answer.body, /secret-path|token|example\.com|127\.0/)
    const head = await plain.get(host, '/', 'HEAD')
    t.same([head.status, head.body], [status, ''])
    t.equal(head.headers['content-length'], String(Buffer.byteLength(answer.body)))
  }
})

t.test('other methods are refused', async (t) => {
  await using plain = await startPlain()
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const answer = await plain.get('works.example.com', '/', method)
    t.equal(answer.status, 405)
    t.equal(answer.headers.allow, 'GET, HEAD')
  }
})

t.test('what names no single host, or no path, is not redirected', async (t) => {
  await using plain = await startPlain()
  const statusOf = async (request: string): Promise<string> => {
    const socket = connect(plain.port, '127.0.0.1')
    socket.end(request)
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    return text.slice(9, 12)
  }
  const two = 'Host: works.example.com\r\nHost: other.example.com\r\n'
  t.equal(await statusOf(`GET / HTTP/1.1\r\n${two}Connection: close\r\n\r\n`), '421')
  const host = 'Host: works.example.com\r\nConnection: close\r\n'
  t.equal(await statusOf(`GET http://evil.test/ HTTP/1.1\r\n${host}\r\n`), '400')
  t.equal(await statusOf('GET / HTTP/1.0\r\n\r\n'), '421')
  t.same(plain.counted, ['unknown_hostname', 'bad_request', 'unknown_hostname'])
})
