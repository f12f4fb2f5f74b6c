import type { ServerOptions } from 'node:http'
import type { DurationMs } from '@fingerpost/model/time'
import type { DiscardLimits } from './discard-body.ts'
import { EdgeRequest } from './edge-request.ts'

/** Limits of a listener for visitors. */
export type ServerLimits = {
  readonly options: ServerOptions
  /** Node refuses a request with more headers. */
  readonly headersCountMax: number
  readonly connectionsMax: number
  /** Most requests of one connection that wait for a lookup; with one more it is closed. */
  readonly awaitedMax: number
  /**
   * A connection on which nothing moves for so long, or up to a quarter longer, is closed, whoever
   * is to blame.
   */
  readonly socketIdleMsMax: DurationMs
  /** What becomes of a body that nobody asked for. */
  readonly discard: DiscardLimits
}

/** The limits that count; docs/edge.md tells operators the same numbers. */
export const SERVER_LIMITS: ServerLimits = {
  options: {
    // Why twice the 16 KiB of Caddy: a proxy in front adds its own headers to what it let through.
    maxHeaderSize: 32_768,
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    connectionsCheckingInterval: 5_000,
    // Why longer than the 60 s for which Caddy keeps an idle connection: the side
    // that sends requests must be the one that closes, or a request meets a
    // connection that is being closed.
    keepAliveTimeout: 75_000,
    // Why not Node's own check: it answers without our headers, and uncounted.
    requireHostHeader: false,
    noDelay: true,
    // Why: hardly any request has a body, and one without needs no stream to read it from.
    optimizeEmptyRequests: true,
    IncomingMessage: EdgeRequest,
  },
  // Why besides the size: an empty header counts a single octet of it.
  headersCountMax: 256,
  connectionsMax: 10_000,
  // Why so few: no proxy, and hardly any client, sends a request before the last one is answered.
  awaitedMax: 100,
  socketIdleMsMax: 120_000,
  // Why so much: Caddy stops sending as soon as it has the answer, which takes it far less.
  discard: { octetsMax: 1_048_576, msMax: 1_000 },
}
