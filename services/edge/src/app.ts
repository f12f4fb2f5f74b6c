import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from '@fingerpost/chassis/logger'
import type { LinkTarget } from '@fingerpost/contract/core-api'
import type { Hostname } from '@fingerpost/model/hostname'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import type { EpochMs } from '@fingerpost/model/time'
import type { TallyMemo } from './clicks/click-table.ts'
import type { Said } from './clicks/said.ts'
import { discardBody } from './discard-body.ts'
import type { Lease } from './lookup/lease.ts'
import type { Found } from './lookup/link-lookup.ts'
import type { AnswerTier, EdgeMetrics, RequestOutcome } from './metrics.ts'
import { PAGES, rawResponseOf, type PageName } from './pages.ts'
import type { PreparedAnswers } from './prepared-answers.ts'
import { alternateLocation } from './rules/alternate-location.ts'
import { answerFor, type Answer } from './rules/answer.ts'
import { probeAnswerOf, type ProbeAnswers } from './probe-answer.ts'
import { RequestHead } from './request-head.ts'
import type { RequestTarget } from './rules/request-target.ts'
import type { ServerLimits } from './server-limits.ts'
import { closeStalled } from './stalled-connections.ts'
import { TargetReader } from './target-reader.ts'

/** What answering uses. */
export type EdgeAppDeps = {
  readonly lookup: {
    find(target: LinkTarget, deliver: (found: Found) => void): void
    lease(target: LinkTarget): Lease | undefined
    holds(lease: Lease, nowMs: number): boolean
  }
  /** The header that names a visitor's country, in lower case; empty: none. */
  readonly countryHeader: string
  /** Redirects that are kept ready to be given again. */
  readonly prepared: PreparedAnswers<PreparedRedirect>
  /** Counts redirects to links. */
  readonly clicks: {
    count(domain: ServedDomain, link: ServedLink, said: Said, memo: TallyMemo): void
  }
  /** Answers our own probes of routing. */
  readonly probe: ProbeAnswers
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
  const app = new EdgeApp(limits, deps)
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    app.answer(request, response)
  const server = createServer(limits.options, answer)
  server.maxConnections = limits.connectionsMax
  server.maxHeadersCount = limits.headersCountMax
  closeStalled(server, limits.socketIdleMsMax)
  // Why the same answer: whatever a client expects first, GET and HEAD need no body.
  server.on('checkContinue', answer)
  server.on('checkExpectation', answer)
  server.on('connect', (_request, socket) => app.refuseTunnel(socket))
  server.on('clientError', (error, socket) => app.refuseOctets(error, socket))
  server.on('drop', () => deps.metrics.countDroppedConnection())
  return server
}

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly startedMs: number
  /** A body is never looked at, and what follows it is not trusted to be a request. */
  readonly hasBody: boolean
}

/** An exchange in which a link is asked for. */
type Asked = Exchange & { readonly said: Said }

type Redirect = Extract<Answer, { kind: 'redirect' | 'fallback_redirect' }>

/**
 * A redirect to a link as it was given before, with the lease that has to hold
 * still. Why one object: reading another one from memory takes as long as
 * everything else that is done with it.
 */
export type PreparedRedirect = Lease & {
  readonly status: number
  readonly headers: string[]
  /** Infinity: never. */
  readonly expiresAt: EpochMs
  readonly octets: number
  tally: TallyMemo['tally']
}

class EdgeApp {
  readonly #limits: Pick<ServerLimits, 'awaitedMax' | 'discard'>
  readonly #deps: EdgeAppDeps
  readonly #head: RequestHead
  readonly #targets = new TargetReader()
  /** Connections on which an answer is awaited or not yet ended, with how many. */
  readonly #awaiting = new WeakMap<Duplex, number>()

  constructor(limits: Pick<ServerLimits, 'awaitedMax' | 'discard'>, deps: EdgeAppDeps) {
    this.#limits = limits
    this.#deps = deps
    this.#head = new RequestHead(deps.countryHeader)
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = this.#deps.uptimeMs()
    try {
      this.#head.read(request)
      if (this.#answerPrepared(request, response, startedMs)) return
      this.#answerAnew(request, response, startedMs)
    } catch (error) {
      this.#fail({ request, response, startedMs }, error)
    }
  }

  /**
   * Gives a redirect again that was given before, if all is as it was: neither
   * the request is parsed nor the lookup made again. Tells whether it did.
   */
  #answerPrepared(request: IncomingMessage, response: ServerResponse, startedMs: number): boolean {
    const { lookup, now, isDraining, clicks, metrics, uptimeMs } = this.#deps
    const { host, method, hasBody } = this.#head
    if (host === undefined || hasBody || isDraining()) return false
    if (method !== 'GET' && method !== 'HEAD') return false
    const prepared = this.#deps.prepared.get(withoutPort(host), request.url ?? '')
    if (prepared === undefined) return false
    if (prepared.expiresAt !== Infinity && now() >= prepared.expiresAt) return false
    if (!lookup.holds(prepared, startedMs)) return false
    response.writeHead(prepared.status, prepared.headers)
    response.end()
    clicks.count(prepared.domain, prepared.link, this.#head, prepared)
    metrics.observeRequest('l1', 'redirect', uptimeMs() - startedMs)
    return true
  }

  #answerAnew(request: IncomingMessage, response: ServerResponse, startedMs: number): void {
    const head = this.#head
    const { socket } = request
    const { hasBody } = head
    let asked: Asked = { request, response, startedMs, hasBody, said: head }
    const target = this.#targets.read({
      method: head.method,
      requestTarget: request.url ?? '',
      host: head.host,
    })
    if (target.kind === 'refused') return this.#refuse(asked, target.why, head.host)

    let isDelivered = false
    let isAwaited = false
    this.#deps.lookup.find(target, (found) => {
      isDelivered = true
      if (isAwaited) this.#await(socket, -1)
      this.#deliver(asked, target, found)
    })
    // Why only now: what L1 knows has been delivered, and there is nothing to keep track of.
    if (isDelivered) return
    asked = { ...asked, said: head.copy() }
    // Why: what is still needed of them has been read, and cookies are not to wait in memory.
    request.rawHeaders = []
    isAwaited = true
    // Why ended: their answers wait in memory behind the first one, and so do their requests.
    if (this.#await(socket, 1) > this.#limits.awaitedMax) socket.destroy()
  }

  /** Answers what names no link: by a page, or as a probe under the path that no link can have. */
  #refuse(exchange: Exchange, why: PageName, host: string | undefined): void {
    const { probe, now } = this.#deps
    const line = { host, requestTarget: exchange.request.url ?? '' }
    const answer = why === 'not_found' ? probeAnswerOf(line, now(), probe) : undefined
    if (answer === undefined) return this.#sendPage(exchange, why, 'none')
    this.#finish(exchange, answer, { tier: 'none', outcome: 'probe' })
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

  /** Answers a `CONNECT`: this is no proxy. */
  refuseTunnel(socket: Duplex): void {
    // Why not while an answer is awaited: this one would be taken for that one.
    if ((this.#awaiting.get(socket) ?? 0) > 0) {
      socket.destroy()
      return
    }
    endSocket(socket, 'bad_request')
    this.#deps.metrics.observeRequest('none', 'bad_request', 0)
  }

  /** Never throws: one visitor's failure must not reach those who wait for the same lookup. */
  #deliver(
    exchange: Asked,
    target: Extract<RequestTarget, { kind: 'target' }>,
    found: Found,
  ): void {
    try {
      if (found.kind === 'cannot_tell') return this.#sendPage(exchange, 'unavailable', 'none')
      const answer = answerFor(target, found, this.#deps.now())
      if (answer.kind === 'page') this.#sendPage(exchange, answer.page, found.tier)
      else if (answer.kind === 'alternate_redirect') {
        this.#sendToPrimary(exchange, answer.primary, found.tier)
      } else this.#sendRedirect(exchange, answer, found.tier)
      if (answer.kind !== 'redirect' || found.domain === undefined) return
      if (found.link === undefined || exchange.request.socket.destroyed) return
      this.#deps.clicks.count(found.domain, found.link, exchange.said, { tally: undefined })
      if (found.tier === 'l1') this.#prepare(exchange.request, target, answer)
    } catch (error) {
      this.#fail(exchange, error)
    }
  }

  #fail(exchange: Pick<Exchange, 'request' | 'response' | 'startedMs'>, error: unknown): void {
    this.#deps.log.error({ error, error_code: 'internal_error' }, 'request failed unexpectedly')
    if (exchange.response.headersSent) exchange.request.socket.destroy()
    // Why as if it had a body: the connection ends, whatever is left of the request.
    else this.#sendPage({ ...exchange, hasBody: true }, 'internal_error', 'none')
  }

  #sendRedirect(exchange: Exchange, answer: Redirect, tier: AnswerTier): void {
    const content = { status: answer.status, headers: headersOf(answer) }
    this.#finish(exchange, content, { tier, outcome: answer.kind })
  }

  // Why temporary, and not to be kept: the alternate may serve links itself a moment later.
  #sendToPrimary(exchange: Exchange, primary: Hostname, tier: AnswerTier): void {
    const location = alternateLocation(primary, exchange.request.url ?? '')
    const headers = ['Location', location, 'Cache-Control', cacheControlFor(0), ...NO_CONTENT]
    this.#finish(exchange, { status: 302, headers }, { tier, outcome: 'alternate_redirect' })
  }

  /** Keeps the redirect of a link for whoever asks for it next, as long as nothing changes. */
  #prepare(request: IncomingMessage, target: LinkTarget, answer: Redirect): void {
    const { hostname, slug } = target
    const path = `/${slug}`
    const { url = '' } = request
    // Why: the path is the key, and not every slug can be asked for as it stands.
    if (url !== path && !url.startsWith(`${path}?`)) return
    const lease = this.#deps.lookup.lease(target)
    if (lease === undefined) return
    const { expiresAt = Infinity } = lease.link
    // Why not: how long a browser may keep it is another with every second.
    if (answer.browserTtlMs > 0 && expiresAt !== Infinity) return
    const { status } = answer
    const headers = headersOf(answer)
    const octets = PREPARED_OCTETS + answer.location.length
    const prepared = { ...lease, status, headers, expiresAt, octets, tally: undefined }
    this.#deps.prepared.put(hostname, path, prepared)
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
  #endAfterBody({ request, response }: Exchange, body: Buffer | undefined): void {
    const { socket } = request
    response.flushHeaders()
    if (body !== undefined) response.write(body)
    this.#await(socket, 1)
    discardBody(request, this.#limits.discard, () => {
      this.#await(socket, -1)
      response.end()
    })
  }

  #await(socket: Socket, change: 1 | -1): number {
    const count = (this.#awaiting.get(socket) ?? 0) + change
    this.#awaiting.set(socket, count)
    return count
  }
}

// Why an estimate: what an answer takes besides its location, which L1 may have given up.
const PREPARED_OCTETS = 300

/** Gives a `Host` without its port; as it is when what follows the colon is no port. */
function withoutPort(host: string): string {
  const colon = host.indexOf(':')
  return colon !== -1 && PORT.test(host) ? host.slice(0, colon) : host
}

// The same that `canonicalHostname` takes away.
const PORT = /^[^:]*:\d{0,5}$/

function headersOf({ location, browserTtlMs }: Redirect): string[] {
  const cacheControl = cacheControlFor(browserTtlMs)
  return ['Location', location, 'Cache-Control', cacheControl, ...NO_CONTENT]
}

const NO_CONTENT = ['Content-Length', '0'] as const

function cacheControlFor(browserTtlMs: number): string {
  const seconds = Math.floor(browserTtlMs / 1000)
  return seconds > 0 ? `private, max-age=${seconds}` : 'private, no-store'
}

// Why so little: on such a connection no limit of the server counts any more.
const PAGE_TAKEN_MS_MAX = 1_000

function endSocket(socket: Duplex, page: PageName): void {
  socket.on('error', () => socket.destroy())
  const timer = setTimeout(() => socket.destroy(), PAGE_TAKEN_MS_MAX)
  timer.unref()
  socket.on('close', () => clearTimeout(timer))
  socket.end(rawResponseOf(PAGES[page]), () => socket.destroy())
}
