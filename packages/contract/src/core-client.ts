import { Metadata, type CallOptions, type requestCallback } from '@grpc/grpc-js'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import { errorOfStatus } from './app-error-status.ts'
import type { Change, CoreApi, HostnamesPage } from './core-api.ts'
import { certificateRecordToWire } from './certificate-mapping.ts'
import { clicksToWire } from './click-mapping.ts'
import { CoreLine } from './core-line.ts'
import {
  acknowledgementToWire,
  checkToWire,
  claimToWire,
  targetToWire,
  watchToWire,
} from './core-request-mapping.ts'
import {
  changeFromWire,
  dueDomainsFromWire,
  hostnamesPageFromWire,
  lookupFromWire,
  outcomeFromWire,
} from './core-response-mapping.ts'
import { deliveriesFromWire, deliveryRecordToWire } from './delivery-mapping.ts'
import type { CoreApiClient } from './generated/fingerpost/core/v1/CoreApi.ts'
import type { DescribeHostnameResponse__Output } from './generated/fingerpost/core/v1/DescribeHostnameResponse.ts'
import type { LookupLinkResponse__Output } from './generated/fingerpost/core/v1/LookupLinkResponse.ts'
import { readStream } from './read-stream.ts'

/** How to reach core. */
export type CoreConnectionOptions = {
  /** `host:port`, as gRPC names it. */
  readonly address: string
  /** The secret of this installation, which core asks for. */
  readonly secret: string
  /** How long one call may take, retries included. Streams have no such limit. */
  readonly deadlineMs: DurationMs
}

/** How long the client waits for signs of life. */
export type CoreConnectionLimits = {
  /** A stream that is silent for so long is dead. */
  readonly silenceMs: DurationMs
  /** After so long without a connection a new one is begun from scratch. */
  readonly connectMs: DurationMs
}

// Heartbeats come every 5 s, so that 15 s miss three of them.
const CORE_CONNECTION_LIMITS: CoreConnectionLimits = { silenceMs: 15_000, connectMs: 5_000 }

/** Core, seen through a connection. Disposal ends every call that still runs. */
export type CoreConnection = CoreApi & AsyncDisposable

/**
 * Gives core as seen through gRPC. Returns at once: the connection is made when
 * it is first needed, and again whenever it breaks.
 */
export function connectCore(options: CoreConnectionOptions): CoreConnection {
  return connectCoreWithin(options, CORE_CONNECTION_LIMITS)
}

/** Does what `connectCore` does, with other limits. */
export function connectCoreWithin(
  options: CoreConnectionOptions,
  limits: CoreConnectionLimits,
): CoreConnection {
  const line = new CoreLine({ address: options.address, connectMs: limits.connectMs })
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${options.secret}`)
  const closing = new AbortController()
  return {
    ...calls({ line, metadata, deadlineMs: options.deadlineMs }),
    ...streams({ line, metadata, silenceMs: limits.silenceMs, closing: closing.signal }),
    async [Symbol.asyncDispose]() {
      closing.abort()
      line[Symbol.dispose]()
    },
  }
}

type Streams = Pick<CoreApi, 'watchChanges' | 'listHostnames'>

function streams(via: {
  readonly line: CoreLine
  readonly metadata: Metadata
  readonly silenceMs: DurationMs
  readonly closing: AbortSignal
}): Streams {
  const { line, metadata, silenceMs, closing } = via
  return {
    async *watchChanges(from, signal): AsyncGenerator<Change> {
      const start = (): ReturnType<CoreApiClient['watchChanges']> =>
        line.client().watchChanges(watchToWire(from), metadata)
      const ends = { signal, closing, silenceMs }
      for await (const message of readStream(start, ends)) yield changeFromWire(message)
    },

    async *listHostnames(signal): AsyncGenerator<HostnamesPage> {
      const start = (): ReturnType<CoreApiClient['listHostnames']> =>
        line.client().listHostnames({}, metadata)
      const ends = { signal, closing, silenceMs }
      for await (const message of readStream(start, ends)) {
        const page = hostnamesPageFromWire(message)
        yield page
        if (page.isLast) return
      }
    },
  }
}

function calls(via: {
  readonly line: CoreLine
  readonly metadata: Metadata
  readonly deadlineMs: DurationMs
}): Omit<CoreApi, keyof Streams> {
  const { line, metadata } = via
  const call = <Message>(start: Start<Message>): Promise<Message> =>
    answerOf((callback) => {
      const callOptions = { deadline: Date.now() + via.deadlineMs }
      start(line.client(), metadata, callOptions, callback)
    })
  return {
    async lookupLink(target) {
      const request = targetToWire(target)
      return lookupFromWire(
        await call<LookupLinkResponse__Output>((client, ...rest) =>
          client.lookupLink(request, ...rest),
        ),
        target,
      )
    },
    async acknowledgeChanges(acknowledgement) {
      const request = acknowledgementToWire(acknowledgement)
      await call<object>((client, ...rest) => client.acknowledgeChanges(request, ...rest))
    },
    async recordClicks(batch) {
      const request = clicksToWire(batch)
      await call<object>((client, ...rest) => client.recordClicks(request, ...rest))
    },
    async claimDueDomains(claim) {
      const request = claimToWire(claim)
      return dueDomainsFromWire(
        await call((client, ...rest) => client.claimDueDomains(request, ...rest)),
      )
    },
    async recordCheck(check) {
      const request = checkToWire(check)
      return outcomeFromWire(await call((client, ...rest) => client.recordCheck(request, ...rest)))
    },
    async recordCertificate(record) {
      const request = certificateRecordToWire(record)
      await call<object>((client, ...rest) => client.recordCertificate(request, ...rest))
    },
    async claimDeliveries(claim) {
      const request = claimToWire(claim)
      return deliveriesFromWire(
        await call((client, ...rest) => client.claimDeliveries(request, ...rest)),
      )
    },
    async recordDelivery(record) {
      const request = deliveryRecordToWire(record)
      await call<object>((client, ...rest) => client.recordDelivery(request, ...rest))
    },
    async describeHostname(hostname) {
      const { report } = await call<DescribeHostnameResponse__Output>((client, ...rest) =>
        client.describeHostname({ hostname }, ...rest),
      )
      return report
    },
  }
}

type Start<Message> = (
  client: CoreApiClient,
  metadata: Metadata,
  options: CallOptions,
  callback: requestCallback<Message>,
) => void

function answerOf<Message>(start: (callback: requestCallback<Message>) => void): Promise<Message> {
  return new Promise((resolve, reject) => {
    start((error, message) => {
      if (error !== null) reject(errorOfStatus(error))
      else if (message === undefined) reject(new AppError('internal_error', 'Core sent nothing.'))
      else resolve(message)
    })
  })
}
