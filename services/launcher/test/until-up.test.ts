import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { recordPorts } from '@fingerpost/chassis/run-files'
import { freePort } from '../../../test/support/free-port.ts'
import { untilServiceUp, type UntilUpDeps } from '../src/until-up.ts'

const NOTE_MS_MAX = 200

async function listenOn(t: Test, port: number): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  t.teardown(() => server.close())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const depsFor = (dataDir: string, signal: AbortSignal): UntilUpDeps => ({
  dataDir,
  clock: SYSTEM_CLOCK,
  signal,
  noteMsMax: NOTE_MS_MAX,
})
const edgeAt = (port: number) => ({ name: 'edge', address: { host: '127.0.0.1', port } })
const patience = (): AbortSignal => AbortSignal.timeout(NOTE_MS_MAX * 5)

t.test('a note is enough', async (t) => {
  const dataDir = t.testdir({})
  await recordPorts(dataDir, 'edge', { http: 1 }, { warn: () => {} })
  t.equal(await untilServiceUp(edgeAt(await freePort()), depsFor(dataDir, patience())), true)
})

t.test('so are connections, when no note follows in time', async (t) => {
  const port = await freePort()
  let hasListened = false
  const deps: UntilUpDeps = {
    ...depsFor(t.testdir({}), AbortSignal.timeout(10_000)),
    clock: {
      ...SYSTEM_CLOCK,
      // Why here: the first look has to come before the listener.
      async sleep(ms, signal) {
        if (!hasListened) await listenOn(t, port)
        hasListened = true
        await SYSTEM_CLOCK.sleep(ms, signal)
      },
    },
  }
  const startedAt = performance.now()
  t.equal(await untilServiceUp(edgeAt(port), deps), true)
  t.ok(performance.now() - startedAt >= NOTE_MS_MAX)
})

t.test('nobody there is not up', async (t) => {
  const deps = depsFor(t.testdir({}), patience())
  t.equal(await untilServiceUp(edgeAt(await freePort()), deps), false)
})

t.test('a port that another program has had before is not up', async (t) => {
  const deps = depsFor(t.testdir({}), patience())
  t.equal(await untilServiceUp(edgeAt(await listenOn(t, 0)), deps), false)
})
