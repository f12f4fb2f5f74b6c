import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { connectCore } from '@fingerpost/contract/core-client'
import { callProcess, startCoreProcess } from './core-process.ts'
import { ADMIN_TOKEN } from './installation.ts'

t.test('a stop answers what runs, closes what is idle, and takes no time', async (t) => {
  await using core = await startCoreProcess(t.testdir())
  const idle = await openSocket(core.ports.http)
  idle.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(idle, 'data')

  const running = await openSocket(core.ports.http)
  const answer = collect(running)
  const body = JSON.stringify({ name: 'Acme' })
  running.write(
    `POST /v1/workspaces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 3)}`,
  )
  // Why another request: its answer shows that the one before has arrived.
  await callProcess(core.ports.http, '/')
  const idleClosed = once(idle, 'close')
  const ended = core.end('SIGTERM')
  await idleClosed
  running.write(body.slice(3))
  const text = await answer
  t.match(text, /^HTTP\/1\.1 201 /)
  t.match(text, /\r\nconnection: close\r\n/i)
  const { code, ms } = await ended
  t.equal(code, 0)
  t.ok(ms < 2_500, `stopped after ${Math.round(ms)} ms`)
})

t.test('a stop does not wait for a client that never finishes', async (t) => {
  await using core = await startCoreProcess(t.testdir())
  const slow = await openSocket(core.ports.http)
  slow.write('POST /v1/workspaces HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n')
  slow.on('error', () => {})
  await callProcess(core.ports.http, '/')
  const { code, ms } = await core.end('SIGTERM')
  t.equal(code, 0)
  t.ok(ms < 5_000, `stopped after ${Math.round(ms)} ms`)
})

t.test('a stop ends change streams', async (t) => {
  const secret = 'the-secret-of-this-installation'
  await using core = await startCoreProcess(t.testdir(), { FINGERPOST_GRPC_TOKEN: secret })
  const address = `127.0.0.1:${core.ports.grpc}`
  await using client = connectCore({ address, secret, deadlineMs: 5_000 })
  const stop = new AbortController()
  const stream = client.watchChanges({ afterSequence: 0 }, stop.signal)[Symbol.asyncIterator]()
  t.match(await stream.next(), { value: { kind: 'heartbeat', sequence: 0 } })
  const broken = t.rejects(stream.next(), { code: 'core_unavailable' })
  const { code, ms } = await core.end('SIGTERM')
  t.equal(code, 0)
  t.ok(ms < 4_000, `stopped after ${Math.round(ms)} ms`)
  await broken
})

t.test('a taken port and a bad setting are one sentence each', async (t) => {
  await using core = await startCoreProcess(t.testdir())
  const taken = `127.0.0.1:${core.ports.http}`
  for (const settings of [
    { CORE_HTTP_ADDR: taken },
    { CORE_GRPC_ADDR: `127.0.0.1:${core.ports.grpc}` },
    { CORE_HTTP_PORT: '8080' },
    { DATABASE_URL: 'mysql://x' },
  ]) {
    await t.rejects(startCoreProcess(t.testdir(), settings), /did not start/)
  }
})

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

async function collect(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}
