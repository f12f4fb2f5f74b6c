import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from './free-port.ts'
import { PEBBLE_PROGRAMS, startPebble } from './pebble.ts'
import { missingPrograms } from './program.ts'
import { handshake, httpGet, httpsGet } from './tls-client.ts'

const timeoutMs = 5_000

t.test('a refusal is a value and says what refused', async (t) => {
  const port = await freePort()
  const target = { port, timeoutMs, caPem: '' }
  const refused = { kind: 'no_connection', code: 'ECONNREFUSED', durationMs: Number }
  t.match(await handshake({ ...target, hostname: 'a.test' }), refused)
  t.match(await httpsGet({ ...target, host: 'a.test', path: '/' }), refused)
  t.match(await httpGet({ ...target, host: 'a.test', path: '/' }), refused)

  const mute = createServer().listen(port, '127.0.0.1')
  t.teardown(() => mute.close())
  await once(mute, 'listening')
  const late = await handshake({ ...target, hostname: 'a.test', timeoutMs: 50 })
  t.match(late, { kind: 'no_connection', code: 'TIMEOUT' })
})

t.test(
  'Pebble starts with a certificate of its own and knows of no order',
  { skip: missingPrograms(PEBBLE_PROGRAMS) },
  async (t) => {
    const directory = join(t.testdir({}), 'pebble')
    await mkdir(directory)
    await using pebble = await startPebble({
      directory,
      dnsAddress: '127.0.0.1:9',
      httpPort: await freePort(),
      certificateLifetimeS: 3_600,
    })
    const { hostname, port, pathname } = new URL(pebble.directoryUrl)
    t.match({ hostname, pathname }, { hostname: '127.0.0.1', pathname: '/dir' })
    t.match(pebble.issuingRootPem, /BEGIN CERTIFICATE/)
    t.same(pebble.orders(), [])
    t.same(pebble.challenges(), { http01: 0, other: 0 })

    const target = { port: Number(port), hostname: 'localhost', timeoutMs }
    const untrusted = await handshake({ ...target, caPem: pebble.issuingRootPem })
    t.match(untrusted, { kind: 'untrusted' })
  },
)
