import { once } from 'node:events'
import { createServer } from 'node:http'

/** A web server that answers every path with the same text, or leads every path elsewhere. */
export type AnsweringServer = AsyncDisposable & {
  /** What it answers from now on: a text, or a URL that it redirects to. */
  answer: { readonly body: string } | { readonly location: string }
  /** How often it was asked so far. */
  readonly requests: number
}

/** Starts such a server on an address and port. */
export async function startAnsweringServer(host: string, port: number): Promise<AnsweringServer> {
  let requests = 0
  let answer: AnsweringServer['answer'] = { body: '' }
  const server = createServer((_request, response) => {
    requests += 1
    if ('location' in answer) response.writeHead(302, { location: answer.location }).end()
    else response.writeHead(200, { 'content-type': 'text/plain' }).end(answer.body)
  })
  const listening = once(server, 'listening')
  server.listen(port, host)
  await listening
  return {
    get answer() {
      return answer
    },
    set answer(next) {
      answer = next
    },
    get requests() {
      return requests
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
