import type { ServerOptions } from 'node:http'

/** Limits of the listener for visitors; docs/edge.md tells operators the same numbers. */
export const SERVER_LIMITS = {
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
  },
  /** Node refuses more; without a limit an empty header counts a single octet of the size. */
  headersCountMax: 256,
  connectionsMax: 10_000,
  /** A connection on which nothing moves for so long is closed, whoever is to blame. */
  socketIdleMsMax: 120_000,
} as const satisfies {
  readonly options: ServerOptions
  readonly headersCountMax: number
  readonly connectionsMax: number
  readonly socketIdleMsMax: number
}
