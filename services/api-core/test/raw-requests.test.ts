import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import t from 'tap'
import { ADMIN_TOKEN, openInstallation } from './installation.ts'

const AUTHORIZED = `authorization: Bearer ${ADMIN_TOKEN}`

const UNREADABLE = [
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['a line that ends in LF only', 'GET / HTTP/1.1\nhost: x\n\n', 400],
  ['a header with a space in its name', 'GET / HTTP/1.1\r\nhost: x\r\na b: c\r\n\r\n', 400],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
  ],
  [
    'a length beside chunks',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a length that is no number', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n', 400],
  ['a method of nobody', 'GRAB / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
  ['headers of 20 KiB', `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a target of 20 KiB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
] as const

t.test('octets that are no request get a problem document and a closed connection', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  await open.app.listen({ host: '127.0.0.1', port: 0 })
  for (const [what, octets, status] of UNREADABLE) {
    const text = await exchange(open.app.server.address(), octets)
    t.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), what)
    if (text.includes('problem+json')) t.match(text, '"code":"header_invalid"', what)
    t.match(text, /connection: close/i, what)
  }
  t.equal((await open.call({ path: '/' })).status, 200)
})

t.test('a workspace is named by the path alone', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  await open.app.listen({ host: '127.0.0.1', port: 0 })
  const cases = [
    ['GET //v1/workspaces HTTP/1.1', 404],
    ['GET /v1//workspaces HTTP/1.1', 404],
    ['GET /v1/./workspaces HTTP/1.1', 404],
    ['GET /v1/x/../workspaces HTTP/1.1', 404],
    ['GET /V1/workspaces HTTP/1.1', 404],
    ['GET /v1/workspaces HTTP/1.1', 200],
  ] as const
  for (const [line, status] of cases) {
    const octets = `${line}\r\nhost: x\r\n${AUTHORIZED}\r\nconnection: close\r\n\r\n`
    const text = await exchange(open.app.server.address(), octets)
    t.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), line)
  }
})

async function exchange(address: string | AddressInfo | null, octets: string): Promise<string> {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  const socket = connect(address.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(Buffer.from(octets, 'latin1'))
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}
