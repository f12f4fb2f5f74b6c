import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  ServerListenerBuilder,
  type sendUnaryData,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import { statusOfError } from './app-error-status.ts'
import { clicksFromWire } from './click-mapping.ts'
import { certificateRecordFromWire } from './certificate-mapping.ts'
import type { CoreApi } from './core-api.ts'
import { REQUEST_OCTETS_MAX, RESPONSE_OCTETS_MAX } from './core-line.ts'
import { loadCoreProto } from './core-proto.ts'
import {
  acknowledgementFromWire,
  checkFromWire,
  claimFromWire,
  describedHostnameFromWire,
  targetFromWire,
  watchFromWire,
} from './core-request-mapping.ts'
import {
  changeToWire,
  dueDomainsToWire,
  hostnamesPageToWire,
  lookupToWire,
  outcomeToWire,
} from './core-response-mapping.ts'
import { deliveriesToWire, deliveryRecordFromWire } from './delivery-mapping.ts'
import type { CoreApiHandlers } from './generated/fingerpost/core/v1/CoreApi.ts'

/** Most calls that run at once on one connection. */
export const CONCURRENT_CALLS_MAX = 1_000

/** How long calls may finish after disposal has begun; then they are cut. */
export const DRAIN_MS_MAX: DurationMs = 2_000

/** Where the server reports bugs; a pino logger is one. */
export type CoreServerLog = {
  error(facts: Readonly<Record<string, unknown>>, message: string): void
}

/** What the server needs. */
export type CoreServerOptions = {
  readonly core: CoreApi
  /** `host:port`; port 0 takes a free one. */
  readonly address: string
  /** What every caller has to show. */
  readonly secret: string
  readonly log: CoreServerLog
}

/** A server that listens. Disposal lets calls finish, ends streams and frees the port. */
export type CoreServer = AsyncDisposable & { readonly port: number }

/** Serves core by gRPC. Rejects when the address cannot be bound, or the secret is empty. */
export async function serveCore(options: CoreServerOptions): Promise<CoreServer> {
  if (options.secret === '') throw new Error('The secret of core is empty.')
  const stopping = new AbortController()
  const server = new Server({
    'grpc.max_receive_message_length': REQUEST_OCTETS_MAX,
    'grpc.max_send_message_length': RESPONSE_OCTETS_MAX,
    'grpc.max_concurrent_streams': CONCURRENT_CALLS_MAX,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    interceptors: [secretCheck(options.secret)],
  })
  server.addService(loadCoreProto().service, handlersOf(options, stopping.signal))
  const port = await bind(server, options.address)
  return {
    port,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await shutDown(server)
    },
  }
}

function handlersOf(options: CoreServerOptions, stopping: AbortSignal): CoreApiHandlers {
  const { core, log } = options
  const report: Report = (error, method) => {
    if (!(error instanceof AppError)) log.error({ err: error, method }, 'core call failed')
  }
  return {
    LookupLink: answer(report, async (message) =>
      lookupToWire(await core.lookupLink(targetFromWire(message))),
    ),
    AcknowledgeChanges: answer(report, async (message) => {
      await core.acknowledgeChanges(acknowledgementFromWire(message))
      return {}
    }),
    RecordClicks: answer(report, async (message) => {
      await core.recordClicks(clicksFromWire(message))
      return {}
    }),
    ClaimDueDomains: answer(report, async (message) =>
      dueDomainsToWire(await core.claimDueDomains(claimFromWire(message))),
    ),
    RecordCheck: answer(report, async (message) =>
      outcomeToWire(await core.recordCheck(checkFromWire(message))),
    ),
    RecordCertificate: answer(report, async (message) => {
      await core.recordCertificate(certificateRecordFromWire(message))
      return {}
    }),
    ClaimDeliveries: answer(report, async (message) =>
      deliveriesToWire(await core.claimDeliveries(claimFromWire(message))),
    ),
    RecordDelivery: answer(report, async (message) => {
      await core.recordDelivery(deliveryRecordFromWire(message))
      return {}
    }),
    DescribeHostname: answer(report, async (message) => {
      const hostname = describedHostnameFromWire(message)
      const found = await core.describeHostname(hostname)
      return found === undefined ? {} : { report: found }
    }),
    WatchChanges: stream({ report, stopping }, async function* (message, signal) {
      const changes = core.watchChanges(watchFromWire(message), signal)
      for await (const change of changes) yield changeToWire(change)
    }),
    ListHostnames: stream({ report, stopping }, async function* (_message, signal) {
      for await (const page of core.listHostnames(signal)) yield hostnamesPageToWire(page)
    }),
  }
}

type Report = (error: unknown, method: string) => void

function answer<Request, Response>(
  report: Report,
  handle: (message: Request) => Promise<Response>,
): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void {
  const respond = async (
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
  ): Promise<void> => {
    try {
      callback(null, await handle(call.request))
    } catch (error) {
      report(error, call.getPath())
      callback(statusOfError(error))
    }
  }
  return (call, callback) => void respond(call, callback)
}

function stream<Request, Response>(
  context: { readonly report: Report; readonly stopping: AbortSignal },
  handle: (message: Request, signal: AbortSignal) => AsyncIterable<Response>,
): (call: ServerWritableStream<Request, Response>) => void {
  return (call) => {
    const ended = new AbortController()
    call.on('cancelled', () => ended.abort())
    const signal = AbortSignal.any([ended.signal, context.stopping])
    send(call, handle(call.request, signal), signal).catch((error: unknown) => {
      if (ended.signal.aborted) return
      const reported = context.stopping.aborted
        ? new AppError('core_unavailable', 'Core is stopping.')
        : error
      context.report(reported, call.getPath())
      call.emit('error', statusOfError(reported))
    })
  }
}

async function send<Response>(
  call: ServerWritableStream<unknown, Response>,
  messages: AsyncIterable<Response>,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of messages) {
    // Why waited for: a slow reader must slow its source down, not fill our memory.
    if (!call.write(message)) await once(call, 'drain', { signal })
  }
  signal.throwIfAborted()
  call.end()
}

/** Refuses calls without the secret before their message is read. */
function secretCheck(secret: string): ServerInterceptor {
  const expected = digest(`Bearer ${secret}`)
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        const listener = new ServerListenerBuilder()
          .withOnReceiveMetadata((metadata, proceed) => {
            const given = metadata.get('authorization').at(0) ?? ''
            // Why digests: equal lengths, so that the time taken tells nothing.
            if (timingSafeEqual(digest(given), expected)) return proceed(metadata)
            const error = new AppError(
              'token_invalid',
              "The call lacks this installation's secret.",
            )
            call.sendStatus(statusOfError(error))
          })
          .build()
        next(listener)
      },
    })
}

function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest()
}

function bind(server: Server, address: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) resolve(port)
    else reject(error)
  })
  return promise
}

async function shutDown(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => server.forceShutdown(), DRAIN_MS_MAX)
  server.tryShutdown(() => resolve())
  await promise
  clearTimeout(timer)
}
