import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import {
  credentials,
  Metadata,
  status as GrpcStatus,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import type { CoreApi } from '../src/core-api.ts'
import { ERROR_CODE_KEY } from '../src/app-error-status.ts'
import { connectCore } from '../src/core-client.ts'
import { FakeCore } from '../src/core-fake.ts'
import { loadCoreProto } from '../src/core-proto.ts'
import {
  CONCURRENT_CALLS_MAX,
  DRAIN_MS_MAX,
  serveCore,
  type CoreServer,
} from '../src/core-server.ts'
import { targetOf } from './contract-steps.ts'
import { SECRET } from './core-process.ts'

const TARGET = targetOf('links.example.com', 'spring')
const CoreApiClient = loadCoreProto()
const SEEN = { state: 'RECORD_STATE_FOUND', found: [], checkedAtMs: 1 } as const
const CHECK = {
  domainId: 'dom_1',
  lease: 'lease_1',
  expectedVersion: 1,
  routing: SEEN,
  ownership: SEEN,
  reason: 'routing_ok',
  message: 'DNS leads to this server.',
  checkedAtMs: 1,
} as const
const NEWS = { hostname: 'links.example.com', seenAtMs: 1, issued: {} } as const
const ANSWER = {
  role: 'resolver',
  server: '192.0.2.53:53',
  question: 'A links.example.com',
  outcome: 'NOERROR',
  values: ['192.0.2.1'],
  atMs: 1,
} as const

const BAD_EVIDENCE: readonly (readonly object[])[] = [
  [{ ...ANSWER, role: '' }],
  [{ ...ANSWER, role: 'oracle' }],
  [{ ...ANSWER, server: 'x'.repeat(513) }],
  [{ ...ANSWER, question: 'x'.repeat(513) }],
  [{ ...ANSWER, outcome: 'x'.repeat(513) }],
  [{ ...ANSWER, values: ['x'.repeat(513)] }],
  [{ ...ANSWER, values: Array.from({ length: 17 }, () => 'x') }],
  [{ ...ANSWER, atMs: 2 ** 60 }],
  Array.from({ length: 65 }, () => ANSWER),
]
const MOST_EVIDENCE = Array.from({ length: 64 }, () => ({
  ...ANSWER,
  values: Array.from({ length: 16 }, () => 'x'.repeat(512)),
}))

const BAD_LOOKUPS = [
  { hostname: '', slug: 'x', code: 'hostname_invalid' },
  { hostname: 'Links.example.com', slug: 'x', code: 'hostname_invalid' },
  { hostname: 'links.example.com.', slug: 'x', code: 'hostname_invalid' },
  { hostname: 'links.example.com:443', slug: 'x', code: 'hostname_invalid' },
  { hostname: '127.0.0.1', slug: 'x', code: 'hostname_invalid' },
  { hostname: 'links.example.com', slug: 'a/b', code: 'slug_invalid' },
  { hostname: 'links.example.com', slug: '..', code: 'slug_invalid' },
  { hostname: 'links.example.com', slug: '.well-known', code: 'slug_invalid' },
  { hostname: 'links.example.com', slug: 'e\u0301', code: 'slug_invalid' },
  { hostname: 'links.example.com', slug: 'x'.repeat(256), code: 'slug_invalid' },
]

t.test('a lookup of what is no target is an invalid argument', async (t) => {
  const { fake, call } = await serve(t)
  for (const { code, ...request } of BAD_LOOKUPS) {
    const error = await call('LookupLink', request)
    t.match(error, { status: GrpcStatus.INVALID_ARGUMENT, code }, JSON.stringify(request))
  }
  t.equal(fake.calls.lookupLink, 0)
})

const BAD_CLAIMS = [
  {},
  { workerId: '', limit: 1, leaseMs: 1_000 },
  { workerId: 'x'.repeat(65), limit: 1, leaseMs: 1_000 },
  { workerId: 'ü'.repeat(33), limit: 1, leaseMs: 1_000 },
  { workerId: 'w', limit: 0, leaseMs: 1_000 },
  { workerId: 'w', limit: 101, leaseMs: 1_000 },
  { workerId: 'w', limit: 1, leaseMs: 999 },
  { workerId: 'w', limit: 1, leaseMs: 600_001 },
]

t.test('a claim out of its limits is an invalid argument', async (t) => {
  const { fake, call } = await serve(t)
  for (const request of BAD_CLAIMS) {
    const error = await call('ClaimDueDomains', request)
    const expected = { status: GrpcStatus.INVALID_ARGUMENT, code: 'body_invalid' }
    t.match(error, expected, JSON.stringify(request))
  }
  t.equal(fake.calls.claimDueDomains, 0)
  t.equal(await call('ClaimDueDomains', { workerId: 'w', limit: 100, leaseMs: 600_000 }), undefined)
})

const BAD_CHECKS: readonly object[] = [
  {},
  { ...CHECK, domainId: '' },
  { ...CHECK, lease: '' },
  { ...CHECK, expectedVersion: 2 ** 60 },
  { ...CHECK, routing: null },
  { ...CHECK, ownership: null },
  { ...CHECK, routing: { ...SEEN, state: 'RECORD_STATE_UNSPECIFIED' } },
  { ...CHECK, routing: { ...SEEN, state: 77 } },
  { ...CHECK, routing: { ...SEEN, found: Array.from({ length: 17 }, () => 'x') } },
  { ...CHECK, routing: { ...SEEN, found: ['x'.repeat(513)] } },
  { ...CHECK, routing: { ...SEEN, checkedAtMs: 2 ** 60 } },
  { ...CHECK, reason: '' },
  { ...CHECK, reason: 'no_such_reason' },
  { ...CHECK, lossSeenAtMs: 2 ** 60 },
  { ...CHECK, graceEndsAtMs: 2 ** 60 },
  { ...CHECK, nextCheckAtMs: 2 ** 60 },
  { ...CHECK, checkedAtMs: 2 ** 60 },
  { ...CHECK, transition: {} },
  { ...CHECK, transition: { to: 'DOMAIN_STATUS_UNSPECIFIED', reason: 'routing_ok' } },
  { ...CHECK, transition: { to: 77, reason: 'routing_ok' } },
  { ...CHECK, transition: { to: 'DOMAIN_STATUS_ACTIVE', reason: 'no_such_reason' } },
  ...BAD_EVIDENCE.map((evidence) => ({ ...CHECK, evidence })),
]

t.test('a check that is not whole is an invalid argument', async (t) => {
  const { fake, call, logged } = await serve(t)
  for (const request of BAD_CHECKS) {
    const error = await call('RecordCheck', request)
    const expected = { status: GrpcStatus.INVALID_ARGUMENT, code: 'body_invalid' }
    t.match(error, expected, JSON.stringify(request))
  }
  t.equal(fake.calls.recordCheck, 0)
  t.same(logged, [])
  t.equal(await call('RecordCheck', CHECK), undefined)
  t.equal(await call('RecordCheck', { ...CHECK, evidence: MOST_EVIDENCE }), undefined)
})

const BAD_NEWS: readonly object[] = [
  { hostname: NEWS.hostname, seenAtMs: 1 },
  { ...NEWS, seenAtMs: 2 ** 60 },
  ...BAD_EVIDENCE.map((evidence) => ({ ...NEWS, evidence })),
]

t.test('news of a certificate that is not whole is an invalid argument', async (t) => {
  const { fake, call, logged } = await serve(t)
  for (const request of BAD_NEWS) {
    const error = await call('RecordCertificate', request)
    const expected = { status: GrpcStatus.INVALID_ARGUMENT, code: 'body_invalid' }
    t.match(error, expected, JSON.stringify(request).slice(0, 200))
  }
  t.equal(fake.calls.recordCertificate, 0)
  t.same(logged, [])
  t.equal(await call('RecordCertificate', NEWS), undefined)
  t.same(fake.certificateRecords.at(-1)?.evidence, [], 'an older domain-manager sends none')
  t.equal(await call('RecordCertificate', { ...NEWS, evidence: MOST_EVIDENCE }), undefined)
  t.equal(fake.certificateRecords.at(-1)?.evidence.length, MOST_EVIDENCE.length)
})

t.test('a sequence that lost its precision is an invalid argument', async (t) => {
  const { call } = await serve(t)
  const error = await call('WatchChanges', { afterSequence: 2 ** 60 })
  t.match(error, { status: GrpcStatus.INVALID_ARGUMENT, code: 'body_invalid' })
})

t.test('nobody gets past the door without the secret', async (t) => {
  const { fake, call } = await serve(t)
  const wrong = [
    '',
    SECRET,
    `Bearer ${SECRET} `,
    `bearer ${SECRET}`,
    `Bearer ${SECRET}x`,
    'Bearer ',
  ]
  for (const method of Object.keys(CoreApiClient.service)) {
    for (const authorization of [undefined, ...wrong]) {
      const error = await call(method, {}, authorization ?? null)
      const expected = { status: GrpcStatus.UNAUTHENTICATED, code: 'token_invalid' }
      t.match(error, expected, `${method} with ${JSON.stringify(authorization)}`)
    }
  }
  t.same(new Set(Object.values(fake.calls)), new Set([0]))
})

t.test('a core without a secret serves nobody', async (t) => {
  const core = new FakeCore({ now: Date.now })
  const served = serveCore({ core, address: '127.0.0.1:0', secret: '', log: { error: () => {} } })
  await t.rejects(served, { message: 'The secret of core is empty.' })
})

t.test('a bug in core is logged and tells the caller nothing', async (t) => {
  const { fake, call, logged } = await serve(t)
  const bug = new Error('a secret detail')
  for (const [method, name, request] of [
    ['LookupLink', 'lookupLink', TARGET],
    ['WatchChanges', 'watchChanges', {}],
    ['ListHostnames', 'listHostnames', {}],
  ] as const) {
    fake.failNext(name, bug)
    const error = await call(method, request)
    t.match(error, { status: GrpcStatus.INTERNAL, code: 'internal_error', details: 'Core failed.' })
    t.match(logged.at(-1), { err: bug, method: `/fingerpost.core.v1.CoreApi/${method}` })
  }
})

t.test('an unknown method is not implemented', async (t) => {
  const { server } = await serve(t)
  const status = await rawCall(server, 'NoSuchMethod', Buffer.alloc(5))
  t.equal(status, String(GrpcStatus.UNIMPLEMENTED))
})

t.test('what is no message, or too large a one, is refused, and the next call works', async (t) => {
  const { server, call } = await serve(t)
  const garbage = Buffer.concat([Buffer.from([0, 0, 0, 0, 4]), Buffer.from([255, 255, 255, 255])])
  t.equal(await rawCall(server, 'LookupLink', garbage), String(GrpcStatus.INTERNAL))
  const large = await call('LookupLink', { hostname: 'x'.repeat(1_048_600), slug: '' })
  t.match(large, { status: GrpcStatus.RESOURCE_EXHAUSTED })
  const announced = Buffer.from([0, 255, 255, 255, 255, 1, 2, 3])
  t.equal(await rawCall(server, 'LookupLink', announced), String(GrpcStatus.RESOURCE_EXHAUSTED))
  t.equal(await call('LookupLink', TARGET), undefined)
})

t.test('garbage on the port harms nobody else', async (t) => {
  const { server, call } = await serve(t)
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  for (const words of [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    preface,
    preface + '\0'.repeat(1_000),
    preface + '\xff'.repeat(100_000),
  ]) {
    const socket = connectTcp(server.port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    socket.write(Buffer.from(words, 'latin1'))
    t.equal(await call('LookupLink', TARGET), undefined)
    socket.destroy()
  }
})

t.test('one connection runs a bounded number of calls at once', async (t) => {
  const { server } = await serve(t)
  const session = connectHttp2(`http://127.0.0.1:${server.port}`)
  t.teardown(() => session.destroy())
  const [settings] = await once(session, 'remoteSettings')
  t.equal(settings.maxConcurrentStreams, CONCURRENT_CALLS_MAX)
})

t.test('a caller who goes away stops what runs for him', async (t) => {
  const { fake, server, logged } = await serve(t)
  const client = new CoreApiClient(`127.0.0.1:${server.port}`, credentials.createInsecure())
  const changes = client.watchChanges({}, authorized())
  changes.on('error', () => {})
  await once(changes, 'data')
  t.equal(fake.watchers, 1)
  client.close()
  changes.cancel()
  while (fake.watchers > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setImmediate(resolve))
  t.same(logged, [])
})

t.test('disposal lets calls finish, ends streams and frees the port', async (t) => {
  const { fake, server } = await serve(t)
  const address = `127.0.0.1:${server.port}`
  await using core = connectCore({ address, secret: SECRET, deadlineMs: 5_000 })
  const release = fake.hold('lookupLink')
  const lookup = core.lookupLink(TARGET)
  const stopped = { code: 'core_unavailable', message: 'Core is stopping.' }
  const watching = t.rejects(drain(core), stopped)
  while (fake.watchers === 0 || fake.calls.lookupLink === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const disposed = server[Symbol.asyncDispose]()
  await watching
  release()
  t.match(await lookup, { domain: undefined })
  await disposed
  const again = await serveCore({ core: fake, address, secret: SECRET, log: { error: () => {} } })
  t.equal(again.port, server.port)
  await again[Symbol.asyncDispose]()
})

t.test('a call that does not finish is cut when the drain time is over', async (t) => {
  const { fake, server } = await serve(t)
  const address = `127.0.0.1:${server.port}`
  await using core = connectCore({ address, secret: SECRET, deadlineMs: 20_000 })
  fake.hold('recordCheck')
  fake.hold('lookupLink')
  const lookup = t.rejects(core.lookupLink(TARGET), { code: 'core_unavailable' })
  while (fake.calls.lookupLink === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const begunAt = performance.now()
  await server[Symbol.asyncDispose]()
  const tookMs = performance.now() - begunAt
  t.ok(tookMs >= DRAIN_MS_MAX - 10 && tookMs < DRAIN_MS_MAX + 2_000, `took ${tookMs} ms`)
  await lookup
})

t.test('a taken port is an error that names it', async (t) => {
  const { fake, server } = await serve(t)
  const address = `127.0.0.1:${server.port}`
  const second = serveCore({ core: fake, address, secret: SECRET, log: { error: () => {} } })
  await t.rejects(second, { message: new RegExp(`EADDRINUSE.*${server.port}`) })
})

type Failure = { readonly status: number; readonly code: unknown; readonly details: string }

type Served = {
  readonly fake: FakeCore
  readonly server: CoreServer
  readonly logged: readonly unknown[]
  /** Makes a call as any client could; gives its error, or undefined. */
  readonly call: (
    method: string,
    request: object,
    authorization?: string | null,
  ) => Promise<Failure | undefined>
}

async function serve(t: Test): Promise<Served> {
  const fake = new FakeCore({ now: Date.now })
  const logged: unknown[] = []
  const log = { error: (facts: object) => void logged.push(facts) }
  const server = await serveCore({ core: fake, address: '127.0.0.1:0', secret: SECRET, log })
  const client = new CoreApiClient(`127.0.0.1:${server.port}`, credentials.createInsecure())
  t.teardown(() => {
    client.close()
    return server[Symbol.asyncDispose]()
  })
  const call: Served['call'] = async (method, request, authorization = `Bearer ${SECRET}`) => {
    const metadata = new Metadata()
    if (authorization !== null) metadata.set('authorization', authorization)
    const definition = Object.entries(CoreApiClient.service).find(([name]) => name === method)?.[1]
    if (definition === undefined) throw new Error(`There is no method "${method}".`)
    const serialize = (message: object): Buffer => definition.requestSerialize(message)
    const { path, responseDeserialize, responseStream } = definition
    try {
      if (responseStream) {
        const options = { deadline: Date.now() + 5_000 }
        await firstOf(
          client.makeServerStreamRequest(
            path,
            serialize,
            responseDeserialize,
            request,
            metadata,
            options,
          ),
        )
      } else {
        await new Promise<void>((resolve, reject) => {
          client.makeUnaryRequest(
            path,
            serialize,
            responseDeserialize,
            request,
            metadata,
            (error) => {
              if (error === null) resolve()
              else reject(error)
            },
          )
        })
      }
      return undefined
    } catch (error) {
      return failureOf(error as ServiceError)
    }
  }
  return { fake, server, logged, call }
}

function failureOf(error: ServiceError): Failure {
  const code = error.metadata.get(ERROR_CODE_KEY).at(0)
  return { status: error.code, code, details: error.details }
}

async function firstOf(stream: ClientReadableStream<unknown>): Promise<void> {
  for await (const _message of stream) break
}

async function drain(core: CoreApi): Promise<void> {
  for await (const _change of core.watchChanges({ afterSequence: 0 }, new AbortController().signal))
    continue
}

function authorized(): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${SECRET}`)
  return metadata
}

/** Sends a body as it is and gives the gRPC status of the answer. */
async function rawCall(server: CoreServer, method: string, body: Buffer): Promise<unknown> {
  const session = connectHttp2(`http://127.0.0.1:${server.port}`)
  try {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: `/fingerpost.core.v1.CoreApi/${method}`,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
      authorization: `Bearer ${SECRET}`,
    })
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const read = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) resolve(headers['grpc-status'])
    }
    stream.on('response', read).on('trailers', read).on('error', resolve)
    stream.on('close', () => resolve('closed'))
    stream.resume().end(body)
    return await promise
  } finally {
    session.destroy()
  }
}
