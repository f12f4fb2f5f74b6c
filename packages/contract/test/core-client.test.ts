import { once } from 'node:events'
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { AppError } from '@fingerpost/model/errors'
import { freePort } from '../../../test/support/free-port.ts'
import type { Change, CoreApi } from '../src/core-api.ts'
import { connectCoreWithin, type CoreConnection } from '../src/core-client.ts'
import { FakeCore } from '../src/core-fake.ts'
import { serveCore, type CoreServer } from '../src/core-server.ts'
import { SECRET, startCoreProcess } from './core-process.ts'
import { checkOf, targetOf } from './contract-steps.ts'

const TARGET = targetOf('links.example.com', 'spring')
// For what must not depend on how busy the machine is, and for what is about waiting.
const PATIENT = { secret: SECRET, deadlineMs: 10_000, silenceMs: 10_000, connectMs: 10_000 }
const IMPATIENT = { secret: SECRET, deadlineMs: 300, silenceMs: 400, connectMs: 300 }
const NEVER = new AbortController().signal

t.test('without a core every call fails, and works once there is one', async (t) => {
  const port = await freePort()
  const core = connect(t, port)
  await t.rejects(core.lookupLink(TARGET), { code: 'core_unavailable' })
  await t.rejects(readAll(core), { code: 'core_unavailable' })
  await using started = await startCoreProcess(port)
  t.ok(started.child.pid)
  t.match(await keepAsking(core), { link: { slug: 'spring' } })
})

t.test('a killed core fails calls and streams at once, and a new one is found', async (t) => {
  await using first = await startCoreProcess(0)
  const core = connect(t, first.port)
  t.match(await core.lookupLink(TARGET), { link: { slug: 'spring' } })
  const watching = t.rejects(readAll(core), { code: 'core_unavailable' })
  await first[Symbol.asyncDispose]()
  await watching
  await t.rejects(core.lookupLink(TARGET), { code: 'core_unavailable' })
  await using second = await startCoreProcess(first.port)
  t.ok(second.child.pid)
  t.match(await keepAsking(core), { link: { slug: 'spring' } })
})

t.test('a core that hangs fails calls by deadline and streams by silence', async (t) => {
  await using started = await startCoreProcess(0)
  const core = connect(t, started.port, IMPATIENT)
  t.match(await keepAsking(core), { link: { slug: 'spring' } })
  started.child.kill('SIGSTOP')
  const begunAt = performance.now()
  await t.rejects(core.lookupLink(TARGET), { code: 'core_overdue' })
  await t.rejects(readAll(core), { code: 'core_unavailable', message: /nothing for 400 ms/ })
  t.ok(performance.now() - begunAt < 5_000)
  started.child.kill('SIGCONT')
  t.match(await keepAsking(core), { link: { slug: 'spring' } })
})

t.test('a stuck connection is given up for a new one', async (t) => {
  await using started = await startCoreProcess(0)
  const gate = await openGate(t, started.port)
  const core = connect(t, gate.port, IMPATIENT)
  await t.rejects(core.lookupLink(TARGET), { code: 'core_overdue' })
  await t.rejects(readAll(core), { code: 'core_unavailable' })
  // From here on new connections lead to core; those that are silent stay silent.
  gate.isOpen = true
  t.match(await keepAsking(core), { link: { slug: 'spring' } })
})

t.test('what does not speak gRPC is an unreachable core', async (t) => {
  for (const words of ['HTTP/1.1 400 Bad Request\r\n\r\n', '\0\x01\x02garbage'.repeat(100)]) {
    const server = createServer((socket) => socket.on('error', () => {}).end(words))
    const core = connect(t, await listen(t, server))
    await t.rejects(core.lookupLink(TARGET), { code: 'core_unavailable' })
    await t.rejects(readAll(core), { code: 'core_unavailable' })
  }
})

t.test('another secret is refused', async (t) => {
  const { server } = await serve(t)
  const core = connect(t, server.port, { ...PATIENT, secret: `${SECRET}r` })
  await t.rejects(core.lookupLink(TARGET), { code: 'token_invalid' })
  await t.rejects(readAll(core), { code: 'token_invalid' })
})

t.test('a lookup that cannot be answered is tried again, a check is not', async (t) => {
  const { fake, server } = await serve(t)
  const core = connect(t, server.port)
  const busy = new AppError('storage_unavailable', 'The database is not there.')
  fake.failNext('lookupLink', busy)
  t.match(await core.lookupLink(TARGET), { domain: undefined })
  t.equal(fake.calls.lookupLink, 2)
  fake.failNext('claimDueDomains', busy)
  const claim = { workerId: 'worker-1', limit: 1, leaseMs: 1_000 }
  await t.rejects(core.claimDueDomains(claim), { code: 'storage_unavailable' })
  t.equal(fake.calls.claimDueDomains, 1)
})

t.test('an error of core arrives with its code and message', async (t) => {
  const { fake, server } = await serve(t)
  const core = connect(t, server.port)
  fake.failNext('lookupLink', new AppError('storage_full', 'The disk "ü\n" is full.'))
  const expected = { code: 'storage_full', message: 'The disk "ü\n" is full.' }
  await t.rejects(core.lookupLink(TARGET), expected)
  fake.failNext('lookupLink', new Error('a secret detail'))
  const error = await core.lookupLink(TARGET).catch((caught: unknown) => caught)
  t.match(error, { code: 'internal_error' })
  t.notMatch(error, { message: /secret/ })
})

t.test('a call that takes too long is overdue', async (t) => {
  const { fake, server } = await serve(t)
  const core = connect(t, server.port, IMPATIENT)
  const release = fake.hold('lookupLink')
  await t.rejects(core.lookupLink(TARGET), { code: 'core_overdue' })
  release()
  t.match(await keepAsking(core), { domain: undefined })
})

t.test('a message that is too large is not sent', async (t) => {
  const { fake, server } = await serve(t)
  const core = connect(t, server.port)
  const id = fake.givenDomain({ hostname: 'links.example.com' })
  const claim = { workerId: 'worker-1', limit: 1, leaseMs: 60_000 }
  const [due] = await core.claimDueDomains(claim)
  if (due === undefined) throw new Error(`"${id}" is not due`)
  const check = checkOf({ now: Date.now }, due)
  const reason = { code: 'routing_ok', message: 'x'.repeat(1_100_000) } as const
  await t.rejects(core.recordCheck({ ...check, reason }), { code: 'internal_error' })
  t.equal(fake.calls.recordCheck, 0)
  t.equal(await core.recordCheck(check), 'applied')
})

t.test('an answer about something else than was asked for is refused', async (t) => {
  const { fake, server } = await serve(t, (core) => ({
    lookupLink: () => core.lookupLink(targetOf('other.example.com', 'spring')),
  }))
  const core = connect(t, server.port)
  fake.givenDomain({ hostname: 'other.example.com', status: 'active' })
  await t.rejects(core.lookupLink(TARGET), { code: 'internal_error' })
})

t.test('a list that breaks off before its last page is not taken for whole', async (t) => {
  const { server } = await serve(t, () => ({
    async *listHostnames() {
      yield { sequence: 1, hostnames: [], isLast: false }
    },
  }))
  const core = connect(t, server.port)
  const pages = core.listHostnames(NEVER)[Symbol.asyncIterator]()
  t.match(await pages.next(), { value: { isLast: false } })
  await t.rejects(pages.next(), { code: 'core_unavailable' })
})

t.test('who stops reading stops core, too', async (t) => {
  const { fake, server } = await serve(t)
  const core = connect(t, server.port)
  for await (const _change of core.watchChanges({ afterSequence: 0 }, NEVER)) break
  await until(() => fake.watchers === 0)
  t.equal(fake.watchers, 0)
  const stop = new AbortController()
  for await (const _change of core.watchChanges({ afterSequence: 0 }, stop.signal)) stop.abort()
  await until(() => fake.watchers === 0)
  t.equal(fake.watchers, 0)
})

t.test('who wants nothing does not ask for it', async (t) => {
  const { fake, server } = await serve(t)
  const core = connect(t, server.port)
  t.same(await readAll(core, AbortSignal.abort()), [])
  for await (const _page of core.listHostnames(AbortSignal.abort())) t.fail('a page came')
  t.match(fake.calls, { watchChanges: 0, listHostnames: 0 })
})

t.test('a slow reader holds core back, and no other call', async (t) => {
  let sent = 0
  let hasEnded = false
  const { server } = await serve(t, () => ({
    async *watchChanges(_after, signal): AsyncGenerator<Change> {
      const target = targetOf('a.example.com', 'x'.repeat(200))
      try {
        for (; !signal.aborted; sent += 1) {
          yield { kind: 'link_changed', sequence: sent + 1, committedAt: 0, ...target }
        }
      } finally {
        hasEnded = true
      }
    },
  }))
  const core = connect(t, server.port)
  const changes = core.watchChanges({ afterSequence: 0 }, NEVER)[Symbol.asyncIterator]()
  t.match(await changes.next(), { value: { sequence: 1 } })
  const sentBySecond = await settled(() => sent)
  t.ok(sentBySecond < 5_000, `${sentBySecond} changes are on their way`)
  t.match(await core.lookupLink(TARGET), { domain: undefined })
  for (let sequence = 2; sequence <= sentBySecond + 1_000; sequence += 1) {
    const next = await changes.next()
    if (next.value.sequence !== sequence) t.equal(next.value.sequence, sequence)
  }
  await settled(() => sent)
  await changes.return?.()
  await until(() => hasEnded)
})

t.test('a busy reader is not taken for a silent core', async (t) => {
  const { fake, server } = await serve(t)
  const core = connect(t, server.port, { ...PATIENT, silenceMs: 400 })
  const changes = core.watchChanges({ afterSequence: 0 }, NEVER)[Symbol.asyncIterator]()
  t.match(await changes.next(), { value: { kind: 'heartbeat' } })
  await new Promise((resolve) => setTimeout(resolve, 500))
  fake.beat()
  t.match(await changes.next(), { value: { kind: 'heartbeat' } })
  await changes.return?.()
})

t.test('disposal ends what runs, and nothing can be begun after it', async (t) => {
  const { fake, server } = await serve(t)
  const core = connect(t, server.port)
  const cut = { code: 'core_unavailable', message: 'Core cannot be reached.' }
  const watching = t.rejects(readAll(core), cut)
  await until(() => fake.watchers === 1)
  await core[Symbol.asyncDispose]()
  await watching
  await t.rejects(core.lookupLink(TARGET), { code: 'core_unavailable' })
  await t.rejects(readAll(core), { code: 'core_unavailable' })
})

function connect(t: Test, port: number, options = PATIENT): CoreConnection {
  const core = connectCoreWithin({ address: `127.0.0.1:${port}`, ...options }, options)
  t.teardown(() => core[Symbol.asyncDispose]())
  return core
}

async function serve(
  t: Test,
  change: (fake: FakeCore) => Partial<CoreApi> = () => ({}),
): Promise<{ fake: FakeCore; server: CoreServer }> {
  const fake = new FakeCore({ now: Date.now })
  const core: CoreApi = {
    lookupLink: (target) => fake.lookupLink(target),
    watchChanges: (from, signal) => fake.watchChanges(from, signal),
    acknowledgeChanges: (acknowledgement) => fake.acknowledgeChanges(acknowledgement),
    recordClicks: (batch) => fake.recordClicks(batch),
    listHostnames: (signal) => fake.listHostnames(signal),
    claimDueDomains: (request) => fake.claimDueDomains(request),
    recordCheck: (check) => fake.recordCheck(check),
    recordCertificate: (record) => fake.recordCertificate(record),
    claimDeliveries: (request) => fake.claimDeliveries(request),
    recordDelivery: (record) => fake.recordDelivery(record),
    describeHostname: (hostname) => fake.describeHostname(hostname),
    ...change(fake),
  }
  const log = { error: () => {} }
  const server = await serveCore({ core, address: '127.0.0.1:0', secret: SECRET, log })
  t.teardown(() => server[Symbol.asyncDispose]())
  return { fake, server }
}

async function readAll(core: CoreApi, signal = NEVER): Promise<readonly Change[]> {
  const changes: Change[] = []
  for await (const change of core.watchChanges({ afterSequence: 0 }, signal)) changes.push(change)
  return changes
}

/** Asks until core answers, as an edge under traffic does. */
async function keepAsking(core: CoreApi): Promise<unknown> {
  const until = performance.now() + 10_000
  for (;;) {
    try {
      return await core.lookupLink(TARGET)
    } catch (error) {
      if (!(error instanceof AppError) || performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Waits until a number has stayed as it is for 100 ms. */
async function settled(read: () => number): Promise<number> {
  for (let last = -1; ;) {
    const now = read()
    if (now === last) return now
    last = now
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function listen(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A way to core that accepts connections and is silent until it is open. */
async function openGate(t: Test, port: number): Promise<{ port: number; isOpen: boolean }> {
  const sockets: Socket[] = []
  const gate = { port: 0, isOpen: false }
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    if (!gate.isOpen) return
    const onward = connectTcp(port, '127.0.0.1').on('error', () => {})
    sockets.push(onward)
    socket.pipe(onward).pipe(socket)
  })
  gate.port = await listen(t, server)
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  return gate
}
