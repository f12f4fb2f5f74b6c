import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import type { PlainAnswer } from '../rules/plain-answer.ts'
import { PLAIN_PAGES, type PlainPageName } from './plain-pages.ts'

/** What the listener for plain HTTP needs. */
export type PlainDeps = {
  readonly answer: (hostname: Hostname) => PlainAnswer
  /** The port of HTTPS in redirects, with its colon; empty: the usual one. */
  readonly httpsPortSuffix: string
  /** Called after each answered request. */
  readonly onAnswer: (answer: PlainAnswer | PlainPageName) => void
}

// As large as Caddy's own limit for a head, with what Caddy adds.
const HEADER_OCTETS_MAX = 32 * 1024
const HEADERS_MS_MAX = 10_000
// Why above the 60 s of Caddy: whoever closes an idle connection must be the one who sends.
const KEEP_ALIVE_MS = 75_000
const CONNECTIONS_MAX = 10_000
const NO_BODY = Buffer.alloc(0)

/**
 * Makes the private listener to which Caddy passes plain HTTP: it redirects to HTTPS
 * where HTTPS works, and says what is awaited where it does not work yet. Nothing of
 * a request is in an answer but the URL that it is redirected to.
 */
export function createPlainServer(deps: PlainDeps): Server {
  const options = {
    maxHeaderSize: HEADER_OCTETS_MAX,
    headersTimeout: HEADERS_MS_MAX,
    requestTimeout: HEADERS_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  const server = createServer(options, (request, response) => {
    const hostname = hostnameOf(request)
    const path = request.url ?? ''
    const answer = answerOf(request.method, path, hostname && deps.answer(hostname))
    if (answer === 'redirect') {
      const location = `https://${hostname}${deps.httpsPortSuffix}${path}`
      response.writeHead(308, { location, 'content-length': 0 }).end(NO_BODY)
    } else sendPage(request, response, answer)
    deps.onAnswer(answer)
  })
  server.maxConnections = CONNECTIONS_MAX
  return server
}

/** @param byHostname undefined: the request names no single hostname */
function answerOf(
  method: string | undefined,
  path: string,
  byHostname: PlainAnswer | undefined,
): PlainAnswer | PlainPageName {
  if (method !== 'GET' && method !== 'HEAD') return 'method_not_allowed'
  if (byHostname === undefined) return 'unknown_hostname'
  // Why: what does not begin with a slash would become a part of the host.
  return byHostname === 'redirect' && !path.startsWith('/') ? 'bad_request' : byHostname
}

// Why the raw headers: a second Host must not choose the tenant.
function hostnameOf({ rawHeaders }: IncomingMessage): Hostname | undefined {
  const hosts: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'host') hosts.push(rawHeaders[index + 1] ?? '')
  }
  return hosts.length === 1 ? canonicalHostname(hosts[0] ?? '') : undefined
}

function sendPage(request: IncomingMessage, response: ServerResponse, name: PlainPageName): void {
  const { status, headers, body } = PLAIN_PAGES[name]
  response.writeHead(status, [...headers]).end(request.method === 'HEAD' ? NO_BODY : body)
}
