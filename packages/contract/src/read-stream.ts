import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import { errorOfStatus } from './app-error-status.ts'

/** What ends the reading of a stream that core does not end. */
export type StreamEnds = {
  /** The reader wants no more: the messages end. */
  readonly signal: AbortSignal
  /** The connection is closed: the messages fail. */
  readonly closing: AbortSignal
  /** The stream is dead when nothing arrives for so long while the reader waits. */
  readonly silenceMs: DurationMs
}

/**
 * Reads a stream of core's at the reader's speed: while the reader is busy
 * nothing is read, so that core stops sending.
 *
 * @param start makes the call, when the first message is asked for
 * @throws AppError `core_unavailable` when the stream breaks, ends or falls silent
 */
export async function* readStream<Message>(
  start: () => ClientReadableStream<Message>,
  ends: StreamEnds,
): AsyncGenerator<Message> {
  const { signal, closing, silenceMs } = ends
  if (signal.aborted) return
  const call = start()
  const cancel = (): void => call.cancel()
  // Why ignored: the iterator reports errors while it is read; one that comes
  // later would end the process.
  call.on('error', () => {})
  const stop = AbortSignal.any([signal, closing])
  stop.addEventListener('abort', cancel, { once: true })
  const messages: AsyncIterator<Message, undefined> = call[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await nextWithin(messages, silenceMs)
      if (signal.aborted) return
      if (next.done === true) throw new AppError('core_unavailable', 'Core ended the stream.')
      yield next.value
    }
  } catch (error) {
    if (!signal.aborted) throw toAppError(error)
  } finally {
    stop.removeEventListener('abort', cancel)
    cancel()
  }
}

async function nextWithin<Message>(
  messages: AsyncIterator<Message, undefined>,
  silenceMs: DurationMs,
): Promise<IteratorResult<Message, undefined>> {
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new AppError('core_unavailable', `Core sent nothing for ${silenceMs} ms.`))
  }, silenceMs)
  try {
    return await Promise.race([messages.next(), silence])
  } finally {
    clearTimeout(timer)
  }
}

function toAppError(error: unknown): unknown {
  return isServiceError(error) ? errorOfStatus(error) : error
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && 'details' in error
}
