import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request as httpsRequest } from 'node:https'
import type { Pebble } from './pebble.ts'

/** A problem document as an ACME server sends it. @see RFC 8555 section 6.7 */
export type AcmeProblem = {
  /** The last part of the type, for example `rateLimited`. */
  readonly type: string
  readonly detail: string
  readonly status: number
  /** Seconds or a date, for the header. */
  readonly retryAfter?: string
}

/** Where a scripted problem shows. */
export type AcmeFault =
  /** The order is refused. */
  | { readonly at: 'new_order'; readonly problem: AcmeProblem }
  /** The authorization turns invalid, with the problem at its HTTP-01 challenge. */
  | { readonly at: 'challenge'; readonly problem: AcmeProblem }
  /** The validated order is refused when the certificate is asked for. */
  | { readonly at: 'finalize'; readonly problem: AcmeProblem }

/** A proxy in front of Pebble that answers for some hostnames as Pebble cannot. */
export type AcmeProxy = AsyncDisposable & {
  readonly directoryUrl: string
  /** From now on every order for the hostname fails so; undefined: no more. */
  script(hostname: string, fault: AcmeFault | undefined): void
}

/** Starts a proxy on a free port, under Pebble's own certificate. */
export async function startAcmeProxy(pebble: Pebble): Promise<AcmeProxy> {
  const ca = await readFile(pebble.trustedRootsFile, 'utf8')
  const key = await readFile(pebble.privateKeyFile, 'utf8')
  const upstream = new URL(pebble.directoryUrl)
  const faults = new Map<string, AcmeFault>()
  const finalizeUrls = new Map<string, string>()

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request)
    const path = request.url ?? '/'
    const early = earlyFault(path, body, { faults, finalizeUrls })
    // Why sent on nevertheless: the answer needs one of Pebble's nonces.
    const answer = await forward(upstream, request, early === undefined ? body : Buffer.from('{}'))
    const nonce = answer.headers['replay-nonce']
    const text = await readAll(answer)
    if (early !== undefined) {
      response.writeHead(early.status, {
        'content-type': 'application/problem+json',
        ...(nonce !== undefined && { 'replay-nonce': nonce }),
        ...(early.retryAfter !== undefined && { 'retry-after': early.retryAfter }),
      })
      response.end(JSON.stringify(problemDocument(early)))
      return
    }
    const sent = rewritten(text, { faults, finalizeUrls })
    const { 'content-length': _length, connection: _connection, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 502, headers).end(sent)
  }
  const server = createServer({ cert: ca, key }, (request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  const listening = once(server, 'listening')
  server.listen(0, '127.0.0.1')
  await listening
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    directoryUrl: `https://127.0.0.1:${port}/dir`,
    script(hostname, fault) {
      if (fault === undefined) faults.delete(hostname)
      else faults.set(hostname, fault)
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }

  function forward(to: URL, from: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { 'content-length': _length, ...headers } = from.headers
      const request = httpsRequest(
        { host: to.hostname, port: to.port, path: from.url, method: from.method, headers, ca },
        resolve,
      )
      request.once('error', reject)
      request.end(body)
    })
  }
}

type Scripted = {
  readonly faults: ReadonlyMap<string, AcmeFault>
  /** Hostnames by the path at which their order is finalized. */
  readonly finalizeUrls: Map<string, string>
}

function earlyFault(path: string, body: Buffer, scripted: Scripted): AcmeProblem | undefined {
  if (path === '/order-plz') {
    const fault = scripted.faults.get(orderedHostname(body))
    return fault?.at === 'new_order' ? fault.problem : undefined
  }
  const hostname = scripted.finalizeUrls.get(path)
  const fault = hostname === undefined ? undefined : scripted.faults.get(hostname)
  return fault?.at === 'finalize' ? fault.problem : undefined
}

function orderedHostname(body: Buffer): string {
  const { payload } = JSON.parse(body.toString('utf8')) as { readonly payload: string }
  const order = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    readonly identifiers: readonly { readonly value: string }[]
  }
  return order.identifiers[0]?.value ?? ''
}

type AcmeObject = {
  status?: string
  readonly finalize?: string
  readonly identifier?: { readonly value: string }
  readonly identifiers?: readonly { readonly value: string }[]
  readonly challenges?: readonly { type: string; status: string; error?: object }[]
}

function rewritten(text: Buffer, { faults, finalizeUrls }: Scripted): Buffer {
  if (text[0] !== 0x7b) return text
  const object = JSON.parse(text.toString('utf8')) as AcmeObject
  const ordered = object.identifiers?.[0]?.value
  if (object.finalize !== undefined && ordered !== undefined) {
    finalizeUrls.set(new URL(object.finalize).pathname, ordered)
  }
  const fault = faults.get(object.identifier?.value ?? '')
  if (fault?.at !== 'challenge' || object.status === 'pending') return text
  object.status = 'invalid'
  for (const challenge of object.challenges ?? []) {
    if (challenge.type !== 'http-01') continue
    challenge.status = 'invalid'
    challenge.error = problemDocument(fault.problem)
  }
  return Buffer.from(JSON.stringify(object))
}

function problemDocument({ type, detail, status }: AcmeProblem): object {
  return { type: `urn:ietf:params:acme:error:${type}`, detail, status }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
