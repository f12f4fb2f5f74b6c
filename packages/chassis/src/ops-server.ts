import { createServer, type ServerResponse } from 'node:http'
import type { Address } from './environment.ts'
import { listen } from './listen.ts'
import type { Metrics } from './metrics.ts'

/** What has to be in order before traffic comes; a false one is named in the answer. */
export type Readiness = Readonly<Record<string, boolean>>

/** The running ops listener. */
export type OpsServer = AsyncDisposable & { readonly port: number }

/**
 * Starts the private listener for operators: `/livez` (the process answers),
 * `/readyz` (200, or 503 naming what is missing) and `/metrics` (Prometheus).
 */
export async function startOpsServer(options: {
  readonly address: Address
  readonly setting: string
  readonly readiness: () => Readiness
  readonly metrics: Pick<Metrics, 'scrape'>
}): Promise<OpsServer> {
  const server = createServer((request, response) => {
    // Why no await: a failure to scrape must not become an unhandled rejection.
    answer(request.url ?? '/', response, options).catch(() => response.destroy())
  })
  const port = await listen(server, options.address, options.setting)
  return {
    port,
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    },
  }
}

async function answer(
  path: string,
  response: ServerResponse,
  options: { readonly readiness: () => Readiness; readonly metrics: Pick<Metrics, 'scrape'> },
): Promise<void> {
  switch (path) {
    case '/livez':
      return sendJson(response, 200, { live: true })
    case '/readyz': {
      const checks = options.readiness()
      const ready = Object.values(checks).every(Boolean)
      return sendJson(response, ready ? 200 : 503, { ready, checks })
    }
    case '/metrics': {
      const { contentType, text } = await options.metrics.scrape()
      response.writeHead(200, { 'content-type': contentType }).end(text)
      return
    }
    default:
      return sendJson(response, 404, { detail: 'Known here: /livez, /readyz, /metrics.' })
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, { 'content-type': 'application/json' }).end(text)
}
