import { once } from 'node:events'
import { createServer } from 'node:http'

/** One request as it reached the upstream; header names and values alternate, as sent. */
export type RecordedRequest = {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
}

/** Stands where the edge stands; answers 200 to everything and remembers it. */
export type RecordingUpstream = AsyncDisposable & {
  readonly address: string
  readonly requests: readonly RecordedRequest[]
}

/** Starts an upstream on 127.0.0.1; port 0 takes a free one. */
export async function startRecordingUpstream(port: number): Promise<RecordingUpstream> {
  const requests: RecordedRequest[] = []
  const server = createServer((request, response) => {
    const { method = '', url = '', rawHeaders } = request
    requests.push({ method, url, rawHeaders })
    response.end('from the upstream')
  })
  const listening = once(server, 'listening')
  server.listen(port, '127.0.0.1')
  await listening
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('The upstream has no port.')
  return {
    address: `127.0.0.1:${bound.port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
