import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from '@fingerpost/chassis/logger'
import type { LinkTarget } from '@fingerpost/contract/core-api'
import type { EpochMs } from '@fingerpost/model/time'
import { discardBody, type DiscardLimits } from './discard-body.ts'
import type { Found } from './lookup/link-lookup.ts'
import type { AnswerTier, EdgeMetrics, RequestOutcome } from './metrics.ts'
import { PAGES, rawResponseOf, type PageName } from './pages.ts'
import { answerFor, type Answer } from './rules/answer.ts'
import { RequestHead } from './request-head.ts'
import type { RequestTarget } from './rules/request-target.ts'
import type { ServerLimits } from './server-limits.ts'
import { TargetReader } from './target-reader.ts'

/** What answering uses. */
export type EdgeAppDeps = {
  readonly lookup: { find(target: LinkTarget, deliver: (found: Found) => void): void }
  readonly metrics: Pick<EdgeMetrics, 'observeRequest' | 'countDroppedConnection'>
  readonly log: Logger
  /** The wall clock, for what expires. */
  readonly now: () => EpochMs
  /** A clock that never jumps, in milliseconds. */
  readonly uptimeMs: () => number
  /** Whether connections are to end with the answer that they wait for. */
  readonly isDraining: () => boolean
}

/** Makes the server that answers visitors. It does not listen yet. */
export function createEdgeServer(limits: ServerLimits, deps: EdgeAppDeps): Server {
  const app = new EdgeApp(limits.discard, deps)
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    app.answer(request, response)
  const server = createServer(limits.options, answer)
  server.maxConnections = limits.connectionsMax
  server.maxHeadersCount = limits.headersCountMax
  server.timeout = limits.socketIdleMsMax
  // Why the same answer: whatever a client expects first, GET and HEAD need no body.
  server.on('checkContinue', answer)
  server.on('checkExpectation', answer)
  server.on('connect', (_request, socket) => endSocket(socket, 'bad_request'))
  server.on('clientError', (error, socket) => app.refuseOctets(error, socket))
  server.on('drop', () => deps.metrics.countDroppedConnection())
  return server
}

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  readonly startedMs: number
  /** A body is never looked at, and what follows it is not trusted to be a request. */
  readonly hasBody: boolean
}

class EdgeApp {
  readonly #discard: DiscardLimits
  readonly #deps: EdgeAppDeps
  readonly #head = new RequestHead('')
  readonly #targets = new TargetReader()
  /** Connections on which an answer is awaited or not yet ended, with how many. */
  readonly #awaiting = new WeakMap<Duplex, number>()

  constructor(discard: DiscardLimits, deps: EdgeAppDeps) {
    this.#discard = discard
    this.#deps = deps
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = this.#deps.uptimeMs()
    const head = this.#head
    head.read(request.rawHeaders)
    const { socket } = request
    const exchange: Exchange = { request, response, socket, startedMs, hasBody: head.hasBody }
    const target = this.#targets.read({
      method: request.method ?? '',
      requestTarget: request.url ?? '',
      host: head.host,
    })
    if (target.kind === 'refused') return this.#sendPage(exchange, target.why, 'none')

    let isDelivered = false
    let isAwaited = false
    this.#deps.lookup.find(target, (found) => {
      isDelivered = true
      if (isAwaited) this.#await(socket, -1)
      this.#deliver(exchange, target, found)
    })
    // Why only now: what L1 knows has been delivered, and there is nothing to keep track of.
    if (isDelivered) return
    isAwaited = true
    this.#await(socket, 1)
  }

  /** Answers what is no HTTP request, or not a whole one, and ends the connection. */
  refuseOctets(error: NodeJS.ErrnoException, socket: Duplex): void {
    // Why: the parser can report more than once, and the page may still be on its way.
    if (socket.writableEnded) return
    const isTimeout = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
    // Why no word on an unused connection: a proxy that opened it in advance may
    // send its first request right now, and would take the word for the answer.
    const isUnused = isTimeout && socket instanceof Socket && socket.bytesRead === 0
    // Why not while an answer is awaited: this one would be taken for that one.
    const isAwaiting = (this.#awaiting.get(socket) ?? 0) > 0
    if (!socket.writable || isUnused || isAwaiting || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const page = isTimeout
      ? 'request_timeout'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 'header_too_large'
        : 'bad_request'
    endSocket(socket, page)
    this.#deps.metrics.observeRequest('none', page, 0)
  }

  /** Never throws: one visitor's failure must not reach those who wait for the same lookup. */
  #deliver(
    exchange: Exchange,
    target: Extract<RequestTarget, { kind: 'target' }>,
    found: Found,
  ): void {
    try {
      if (found.kind === 'cannot_tell') return this.#sendPage(exchange, 'unavailable', 'none')
      this.#send(exchange, answerFor(target, found, this.#deps.now()), found.tier)
    } catch (error) {
      this.#deps.log.error({ error, error_code: 'internal_error' }, 'request failed unexpectedly')
      if (exchange.response.headersSent) exchange.socket.destroy()
      else this.#sendPage(exchange, 'internal_error', 'none')
    }
  }

  #send(exchange: Exchange, answer: Answer, tier: AnswerTier): void {
    if (answer.kind === 'page') return this.#sendPage(exchange, answer.page, tier)
    const headers = [
      'Location',
      answer.location,
      'Cache-Control',
      cacheControlFor(answer.browserTtlMs),
      'Content-Length',
      '0',
    ]
    this.#finish(exchange, { status: answer.status, headers }, { tier, outcome: answer.kind })
  }

  #sendPage(exchange: Exchange, name: PageName, tier: AnswerTier): void {
    this.#finish(exchange, PAGES[name], { tier, outcome: name })
  }

  #finish(
    exchange: Exchange,
    content: {
      readonly status: number
      readonly headers: readonly string[]
      readonly body?: Buffer
    },
    label: { readonly tier: AnswerTier; readonly outcome: RequestOutcome },
  ): void {
    const { status, headers, body } = content
    const { response, startedMs } = exchange
    const closes = exchange.hasBody || this.#deps.isDraining()
    response.writeHead(status, closes ? [...headers, 'Connection', 'close'] : [...headers])
    if (exchange.hasBody) this.#endAfterBody(exchange, body)
    else response.end(body)
    this.#deps.metrics.observeRequest(label.tier, label.outcome, this.#deps.uptimeMs() - startedMs)
  }

  /** Sends all of an answer at once, and ends it, and so the connection, after the request. */
  #endAfterBody({ request, response, socket }: Exchange, body: Buffer | undefined): void {
    response.flushHeaders()
    if (body !== undefined) response.write(body)
    this.#await(socket, 1)
    discardBody(request, this.#discard, () => {
      this.#await(socket, -1)
      response.end()
    })
  }

  #await(socket: Socket, change: 1 | -1): void {
    this.#awaiting.set(socket, (this.#awaiting.get(socket) ?? 0) + change)
  }
}

function cacheControlFor(browserTtlMs: number): string {
  const seconds = Math.floor(browserTtlMs / 1000)
  return seconds > 0 ? `private, max-age=${seconds}` : 'private, no-store'
}

function endSocket(socket: Duplex, page: PageName): void {
  socket.on('error', () => socket.destroy())
  socket.end(rawResponseOf(PAGES[page]), () => socket.destroy())
}
