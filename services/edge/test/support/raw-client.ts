import { connect } from 'node:net'

/** One response as it came over the socket. */
export type RawResponse = {
  readonly status: number
  /** Names in lower case; values joined by a comma when a name came twice. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What came back on one connection. */
export type RawExchange = {
  readonly responses: readonly RawResponse[]
  readonly isClosed: boolean
}

/**
 * Sends octets (one a character) on a new connection, and gives what came back
 * as soon as `count` responses are complete or the connection has ended.
 */
export async function sendRaw(
  port: number,
  octets: string,
  options: { readonly count?: number; readonly untilClosed?: boolean } = {},
): Promise<RawExchange> {
  const { count = 1, untilClosed = false } = options
  const isHead = octets.startsWith('HEAD ')
  const socket = connect(port, '127.0.0.1')
  let received = Buffer.alloc(0)
  const done = Promise.withResolvers<RawExchange>()
  const give = (isClosed: boolean): void =>
    done.resolve({ responses: parseResponses(received, isHead), isClosed })
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (!untilClosed && parseResponses(received, isHead).length >= count) give(false)
  })
  socket.on('error', () => give(true))
  socket.on('close', () => give(true))
  socket.write(Buffer.from(octets, 'latin1'))
  try {
    return await done.promise
  } finally {
    socket.destroy()
  }
}

/** Sends one request made of its parts. */
export async function request(
  port: number,
  hostname: string,
  path: string,
  options: { readonly method?: string; readonly headers?: readonly string[] } = {},
): Promise<RawResponse> {
  const { method = 'GET', headers = [] } = options
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${hostname}`, ...headers, '', '']
  const { responses } = await sendRaw(port, lines.join('\r\n'))
  const [response] = responses
  if (response === undefined) throw new Error(`No answer to ${method} ${path}`)
  return response
}

/** Reads all complete responses, each with the length that it states. */
export function parseResponses(received: Buffer, isHead: boolean): RawResponse[] {
  const responses: RawResponse[] = []
  let rest = received.toString('latin1')
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return responses
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      const value = line.slice(colon + 1).trim()
      headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
    }
    const length = isHead ? 0 : Number(headers['content-length'] ?? 0)
    const body = rest.slice(end + 4, end + 4 + length)
    if (body.length < length) return responses
    const status = Number(first.split(' ')[1])
    if (!first.startsWith('HTTP/1.1 ')) throw new Error(`Not a response: ${first}`)
    responses.push({ status, headers, body })
    rest = rest.slice(end + 4 + length)
  }
}
