import type { IncomingMessage } from 'node:http'
import type { DurationMs } from '@fingerpost/model/time'

/** How much of a body is read and thrown away, and how long a connection waits for it. */
export type DiscardLimits = { readonly octetsMax: number; readonly msMax: DurationMs }

/**
 * Throws away the body of a request that has been answered, then calls `done`
 * once: when the body has ended, its sender is gone, or `msMax` have passed.
 *
 * Closing a connection with octets unread resets it, and a proxy that is still
 * sending takes the reset for a failure and never looks at the answer. Beyond
 * `octetsMax` nothing more is read, but the connection waits, so that whoever
 * sends more has the time to see the answer.
 */
export function discardBody(
  request: IncomingMessage,
  limits: DiscardLimits,
  done: () => void,
): void {
  if (request.destroyed) return done()
  let octets = 0
  const timer = setTimeout(() => request.destroy(), limits.msMax)
  request.once('close', () => {
    clearTimeout(timer)
    done()
  })
  request.on('data', (chunk: Buffer) => {
    octets += chunk.length
    if (octets >= limits.octetsMax) request.pause()
  })
}
