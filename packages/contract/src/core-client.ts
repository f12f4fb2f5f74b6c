import { Metadata, type CallOptions, type requestCallback } from '@grpc/grpc-js'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import { errorOfStatus } from './app-error-status.ts'
import type { Change, CoreApi, HostnamesPage } from './core-api.ts'
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
import type { AcknowledgeChangesResponse__Output } from './generated/fingerpost/core/v1/AcknowledgeChangesResponse.ts'
import type { ClaimDueDomainsResponse__Output } from './generated/fingerpost/core/v1/ClaimDueDomainsResponse.ts'
import type { CoreApiClient } from './generated/fingerpost/core/v1/CoreApi.ts'
import type { LookupLinkResponse__Output } from './generated/fingerpost/core/v1/LookupLinkResponse.ts'
import type { RecordCheckResponse__Output } from './generated/fingerpost/core/v1/RecordCheckResponse.ts'
import type { RecordClicksResponse__Output } from './generated/fingerpost/core/v1/RecordClicksResponse.ts'
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
  const { address, secret, deadlineMs } = options
  const line = new CoreLine({ address, connectMs: limits.connectMs })
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${secret}`)
  const callOptions = (): CallOptions => ({ deadline: Date.now() + deadlineMs })
  const closing = new AbortController()

  return {
    async lookupLink(target) {
      const message = await answerOf<LookupLinkResponse__Output>((callback) =>
        line.client().lookupLink(targetToWire(target), metadata, callOptions(), callback),
      )
      return lookupFromWire(message, target)
    },

    async *watchChanges(from, signal): AsyncGenerator<Change> {
      const start = (): ReturnType<CoreApiClient['watchChanges']> =>
        line.client().watchChanges(watchToWire(from), metadata)
      const ends = { signal, closing: closing.signal, silenceMs: limits.silenceMs }
      for await (const message of readStream(start, ends)) yield changeFromWire(message)
    },

    async *listHostnames(signal): AsyncGenerator<HostnamesPage> {
      const start = (): ReturnType<CoreApiClient['listHostnames']> =>
        line.client().listHostnames({}, metadata)
      const ends = { signal, closing: closing.signal, silenceMs: limits.silenceMs }
      for await (const message of readStream(start, ends)) {
        const page = hostnamesPageFromWire(message)
        yield page
        if (page.isLast) return
      }
    },

    async acknowledgeChanges(acknowledgement) {
      const request = acknowledgementToWire(acknowledgement)
      await answerOf<AcknowledgeChangesResponse__Output>((callback) =>
        line.client().acknowledgeChanges(request, metadata, callOptions(), callback),
      )
    },

    async recordClicks(batch) {
      await answerOf<RecordClicksResponse__Output>((callback) =>
        line.client().recordClicks(clicksToWire(batch), metadata, callOptions(), callback),
      )
    },

    async claimDueDomains(request) {
      const message = await answerOf<ClaimDueDomainsResponse__Output>((callback) =>
        line.client().claimDueDomains(claimToWire(request), metadata, callOptions(), callback),
      )
      return dueDomainsFromWire(message)
    },

    async recordCheck(check) {
      const message = await answerOf<RecordCheckResponse__Output>((callback) =>
        line.client().recordCheck(checkToWire(check), metadata, callOptions(), callback),
      )
      return outcomeFromWire(message)
    },

    async [Symbol.asyncDispose]() {
      closing.abort()
      line[Symbol.dispose]()
    },
  }
}

function answerOf<Message>(start: (callback: requestCallback<Message>) => void): Promise<Message> {
  return new Promise((resolve, reject) => {
    start((error, message) => {
      if (error !== null) reject(errorOfStatus(error))
      else if (message === undefined) reject(new AppError('internal_error', 'Core sent nothing.'))
      else resolve(message)
    })
  })
}
