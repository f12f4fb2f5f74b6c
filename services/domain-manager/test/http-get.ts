import { Agent, request, type IncomingHttpHeaders } from 'node:http'

/** An answer, with its whole body. */
export type HttpAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends one request exactly as given: nothing is added but `Host`. */
export function send(options: {
  readonly port: number
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: Agent
}): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const outgoing = request({ host: '127.0.0.1', ...options }, (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (text: string) => (body += text))
    response.on('error', reject)
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
  })
  outgoing.on('error', reject)
  outgoing.end()
  return promise
}
