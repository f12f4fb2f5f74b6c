import { createServer, type Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import type { Address } from '@fingerpost/chassis/environment'
import { listen } from '@fingerpost/chassis/listen'
import type { Logger } from '@fingerpost/chassis/logger'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import type { CaddyLogMetrics } from '../metrics.ts'
import type { CaddyEvent } from '../rules/caddy-event.ts'
import { CADDY_LINE_OCTETS_MAX, readCaddyLine } from '../rules/caddy-log.ts'

/** Most connections at once: a Caddy has one, and a restart two for a moment. */
export const CADDY_CONNECTIONS_MAX = 32

/** What reading Caddy's log needs. */
export type CaddyLogDeps = {
  /** Called for each event, in the order of the log; must return at once. */
  readonly onEvent: (event: CaddyEvent) => void
  /** Called when a connection ends that said something: lines may be missing from now on. */
  readonly onGap: () => void
  /** The CA's CAA identity, for the words of an error. */
  readonly acmeIssuer: string
  readonly log: Logger
  readonly metrics?: CaddyLogMetrics
}

/**
 * Starts the listener that Caddy's net writer sends its log to, one JSON object a line; gives its
 * real port. Whatever arrives is read and never answered, so that Caddy does not wait for us.
 */
export async function startCaddyLog(
  address: Address,
  stack: AsyncDisposableStack,
  deps: CaddyLogDeps,
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    readLog(socket, deps)
  })
  server.maxConnections = CADDY_CONNECTIONS_MAX
  const port = await listen(server, address, 'DOMAINS_CADDY_LOG_ADDR')
  server.on('error', (error) => deps.log.warn({ error }, "listener for caddy's log failed"))
  stack.defer(async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
    await promise
  })
  return port
}

function readLog(socket: Socket, deps: CaddyLogDeps): void {
  const lines = new BoundedLines(CADDY_LINE_OCTETS_MAX, (line) => readLine(line, deps))
  deps.log.debug({}, 'caddy began to send its log')
  socket.on('data', (chunk: Buffer) => lines.write(chunk))
  socket.once('close', () => {
    // Why not after silence: that was no Caddy, but a probe whether anybody listens.
    if (socket.bytesRead > 0) deps.onGap()
  })
  // Why no half line at the end: a Caddy that was killed while it wrote has not said it.
  // Why nothing to do on an error: the connection closes, and Caddy opens another one.
  socket.on('error', (error) => deps.log.debug({ error }, "connection of caddy's log broke"))
}

function readLine(line: string | undefined, deps: CaddyLogDeps): void {
  const { metrics, onEvent, acmeIssuer } = deps
  if (line === undefined) return metrics?.caddyLogLines.inc({ outcome: 'too_long' })
  const read = readCaddyLine(line, { receivedAt: SYSTEM_CLOCK.now(), acmeIssuer })
  metrics?.caddyLogLines.inc({ outcome: read.kind })
  if (read.kind !== 'event') return
  const { event } = read
  // Why not the failed challenge as well: the line about its attempt follows.
  if (event.kind === 'failed' && !event.isValidationFailure) {
    metrics?.acmeErrors.inc({ type: event.error.code })
  }
  onEvent(event)
}

/** Cuts a stream of bytes into lines; one that is too long is given as undefined, and skipped. */
export class BoundedLines {
  readonly #decoder = new StringDecoder('utf8')
  readonly #lengthMax: number
  readonly #onLine: (line: string | undefined) => void
  #rest = ''
  #isSkipping = false

  /** @param lengthMax most characters of a line that is kept */
  constructor(lengthMax: number, onLine: (line: string | undefined) => void) {
    this.#lengthMax = lengthMax
    this.#onLine = onLine
  }

  write(chunk: Buffer): void {
    const parts = this.#decoder.write(chunk).split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      this.#add(part)
      this.#end()
    }
    this.#add(last)
  }

  #add(part: string): void {
    if (this.#isSkipping) return
    this.#rest += part
    if (this.#rest.length <= this.#lengthMax) return
    this.#isSkipping = true
    this.#rest = ''
    this.#onLine(undefined)
  }

  #end(): void {
    const line = this.#rest
    this.#rest = ''
    if (!this.#isSkipping && line.trim() !== '') this.#onLine(line)
    this.#isSkipping = false
  }
}
