import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { makeHandshake } from '../src/certificates/handshake.ts'

const DAY_MS = 86_400_000
const NAME = nameOf('links.example.com')

function nameOf(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`${text} is no hostname.`)
  return hostname
}

async function listenOn(t: Test, server: Server): Promise<number> {
  const listening = once(server, 'listening')
  server.listen(0, '127.0.0.1')
  await listening
  t.teardown(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function startTls(t: Test, key: readonly string[], subject: string): Promise<number> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'fingerpost-handshake-'))
  const [cert, keyFile] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]
  const names = ['-subj', subject, '-addext', `subjectAltName=DNS:${NAME}`]
  const files = ['-out', cert, '-keyout', keyFile]
  const args = ['req', '-x509', '-nodes', '-days', '2', '-newkey', ...key, ...names, ...files]
  await promisify(execFile)('openssl', args)
  const options = { cert: await readFile(cert), key: await readFile(keyFile) }
  const server = createServer(options, (socket) => socket.on('error', () => {}))
  return await listenOn(t, server)
}

function look(port: number, hostname = NAME, deadlineMs = 10_000, signal?: AbortSignal) {
  const address = { host: '127.0.0.1', port }
  return makeHandshake(hostname, { address, deadlineMs }, signal ?? new AbortController().signal)
}

t.test('a handshake tells issuer, key and both dates of a certificate', async (t) => {
  const port = await startTls(t, ['rsa:2048'], "/O=Let's Encrypt/CN=R11")
  const outcome = await look(port)
  t.match(outcome, { kind: 'seen', certificate: { issuer: 'R11', keyType: 'RSA-2048' } })
  if (outcome.kind !== 'seen') return
  const { notBefore, notAfter } = outcome.certificate
  t.equal(notAfter - notBefore, 2 * DAY_MS)
  t.ok(Math.abs(notBefore - Date.now()) < 60_000)
})

t.test('an issuer without a common name is told by its organisation', async (t) => {
  const curve = ['ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1']
  const port = await startTls(t, curve, "/O=Let's Encrypt")
  const certificate = { issuer: "Let's Encrypt", keyType: 'P-384' }
  t.match(await look(port), { kind: 'seen', certificate })
})

t.test('a certificate for another name is none for this one', async (t) => {
  const curve = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const port = await startTls(t, curve, '/CN=x')
  const outcome = await look(port, nameOf('other.example.com'))
  t.same(outcome, { kind: 'refused', alert: 'certificate for another name' })
})

t.test('whoever is not there, or speaks no TLS, tells nothing', async (t) => {
  const silent = createTcpServer((socket) => socket.resume().on('error', () => {}))
  const port = await listenOn(t, silent)
  t.same(await look(port, NAME, 50), { kind: 'timeout' })
  const stop = new AbortController()
  const stopped = look(port, NAME, 10_000, stop.signal)
  stop.abort()
  t.same(await stopped, { kind: 'timeout' })
  t.same(await look(port, NAME, 10_000, AbortSignal.abort()), { kind: 'timeout' })

  const plain = await listenOn(
    t,
    createTcpServer((socket) => socket.end('HTTP/1.1 400 x\r\n\r\n')),
  )
  t.match(await look(plain), { kind: 'unreachable' })
  const cut = await listenOn(
    t,
    createTcpServer((socket) => socket.destroy()),
  )
  t.match(await look(cut), { kind: 'unreachable' })
})
