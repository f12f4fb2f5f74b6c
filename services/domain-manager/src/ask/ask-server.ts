import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { canonicalHostname, parseHostname, type Hostname } from '@fingerpost/model/hostname'
import { ASK_DECISIONS, NOT_A_HOSTNAME, type AskAnswer } from '../rules/ask-answer.ts'
import type { EpochMs } from '@fingerpost/model/time'

/** What the ask listener needs. */
export type AskDeps = {
  /** Answers an ask; what it says to a new hostname counts. */
  readonly answer: (hostname: Hostname) => AskAnswer
  /** Tells all that is known of a hostname, as JSON, with the answer that an ask would get. */
  readonly describe: (hostname: Hostname) => Promise<HostnameReport>
  readonly now: () => EpochMs
  /** Called after each answered ask. */
  readonly onAnswer: (hostname: string, answer: AskAnswer, durationMs: number) => void
}

const HEADER_OCTETS_MAX = 8 * 1024
const HEADERS_MS_MAX = 10_000
// Why above 90 s: Go closes idle connections after that time, and must be the one who does.
const KEEP_ALIVE_MS = 120_000
const CONNECTIONS_MAX = 10_000
const SHOWN_LENGTH_MAX = 253

/** What `/status/{hostname}` tells. */
export type HostnameReport = {
  readonly answer: AskAnswer
  /** Whether anybody has the hostname. */
  readonly isKnown: boolean
  readonly body: object
}

/**
 * Makes the private listener that Caddy asks: `/ask?domain=` and
 * `/status/{hostname}`. It answers from memory, and never to a request that came
 * through a proxy.
 *
 * Why no framework: every handshake with an unknown name is an ask.
 */
export function createAskServer(deps: AskDeps): Server {
  const options = {
    maxHeaderSize: HEADER_OCTETS_MAX,
    headersTimeout: HEADERS_MS_MAX,
    requestTimeout: HEADERS_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  const server = createServer(options, (request, response) => {
    const startedAt = performance.now()
    if (isForwarded(request)) return sendJson(response, 404, NOTHING_HERE)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return sendJson(response, 405, { message: 'Only GET and HEAD are answered here.' })
    }
    const url = request.url ?? '/'
    const queryAt = url.indexOf('?')
    const path = queryAt < 0 ? url : url.slice(0, queryAt)
    if (path.startsWith(STATUS_PATH)) {
      void sendStatus(response, path.slice(STATUS_PATH.length), deps)
      return
    }
    if (path !== '/ask') return sendJson(response, 404, NOTHING_HERE)

    const asked = askedName(queryAt < 0 ? '' : url.slice(queryAt + 1))
    const hostname = hostnameOf(asked)
    const answer = hostname === undefined ? NOT_A_HOSTNAME : deps.answer(hostname)
    if (answer.retryAt !== undefined) {
      response.setHeader('retry-after', secondsUntil(answer.retryAt, deps.now()))
    }
    sendAnswer(request, response, hostname ?? asked.slice(0, SHOWN_LENGTH_MAX), answer)
    deps.onAnswer(hostname ?? asked, answer, performance.now() - startedAt)
  })
  server.maxConnections = CONNECTIONS_MAX
  return server
}

const STATUS_PATH = '/status/'
const NOTHING_HERE = { message: 'Known here: /ask?domain=<hostname>, /status/<hostname>.' }

function secondsUntil(instant: EpochMs, now: EpochMs): number {
  return Math.max(1, Math.ceil((instant - now) / 1_000))
}

// Why not a proxied request: through Caddy anybody could ask who our customers are.
function isForwarded(request: IncomingMessage): boolean {
  for (const name in request.headers) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) return true
  }
  return false
}

function askedName(query: string): string {
  const values = new URLSearchParams(query).getAll('domain')
  return values.length === 1 ? (values[0] ?? '') : ''
}

function hostnameOf(text: string): Hostname | undefined {
  // Why not left to canonicalHostname: it takes a port, which a server name has none.
  if (text.includes(':')) return undefined
  const hostname = canonicalHostname(text)
  if (hostname !== undefined || isAscii(text)) return hostname
  const parsed = parseHostname(text, undefined)
  return parsed.ok ? parsed.hostname : undefined
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}

/**
 * Sends the decision as the HTTP status and a header. The line of JSON goes only
 * to clients that accept one.
 *
 * Why: Caddy's client never reads the body, and closes a connection whose answer
 * has one; it sends no `Accept`. A new connection for each ask is slow.
 */
function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  hostname: string,
  answer: AskAnswer,
): void {
  const { decision, reason, message } = answer
  response.setHeader('fingerpost-decision', decision)
  response.setHeader('fingerpost-reason', reason)
  const status = ASK_DECISIONS[decision]
  if (acceptsJson(request))
    return sendJson(response, status, { hostname, decision, reason, message })
  response.writeHead(status, { 'content-length': 0 }).end()
}

function acceptsJson({ headers: { accept } }: IncomingMessage): boolean {
  return accept !== undefined && /application\/(?:json|\*)|\*\/\*/i.test(accept)
}

async function sendStatus(response: ServerResponse, name: string, deps: AskDeps): Promise<void> {
  const hostname = hostnameOf(decodedName(name))
  if (hostname === undefined) {
    const shown = name.slice(0, SHOWN_LENGTH_MAX)
    return sendJson(response, 400, { hostname: shown, status: null, ...NOT_A_HOSTNAME })
  }
  try {
    const { answer, isKnown, body } = await deps.describe(hostname)
    sendJson(response, isKnown ? 200 : ASK_DECISIONS[answer.decision], body)
  } catch {
    // Why: a bug in a report for people must not take the answers for Caddy away.
    sendJson(response, 500, { hostname, message: 'The report could not be made.' })
  }
}

function decodedName(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    // Why empty: a text with broken escapes is no hostname either.
    return ''
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  }
  response.writeHead(status, headers).end(text)
}
