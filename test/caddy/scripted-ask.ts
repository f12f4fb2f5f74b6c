import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../support/free-port.ts'

/** What the ask endpoint does when it is asked for one hostname. */
export type AskScript =
  | { readonly kind: 'answers'; readonly status: number; readonly afterMs: number }
  | { readonly kind: 'never_answers' }

/** Yes, at once. */
export const ALLOW: AskScript = { kind: 'answers', status: 200, afterMs: 0 }
/** No, at once. */
export const DENY: AskScript = { kind: 'answers', status: 403, afterMs: 0 }

/** An ask endpoint under the test's control; it denies what it has no script for. */
export type ScriptedAsk = AsyncDisposable & {
  readonly address: string
  /** Sets the answer for these hostnames from now on. */
  script(hostnames: readonly string[], script: AskScript): void
  /** How often it was asked for a hostname, in any state but `goDown`. */
  asks(hostname: string): number
  /** Stops listening: Caddy finds the port closed. */
  goDown(): Promise<void>
  comeBack(): Promise<void>
}

/** Starts an ask endpoint on a free port that it keeps over `goDown` and `comeBack`. */
export async function startScriptedAsk(): Promise<ScriptedAsk> {
  const port = await freePort()
  const scripts = new Map<string, AskScript>()
  const counts = new Map<string, number>()
  let server: Server | undefined

  const comeBack = async (): Promise<void> => {
    server = createServer((request, response) => {
      const hostname = new URL(request.url ?? '', 'http://ask').searchParams.get('domain') ?? ''
      counts.set(hostname, (counts.get(hostname) ?? 0) + 1)
      const script = scripts.get(hostname) ?? DENY
      if (script.kind === 'never_answers') return
      void delay(script.afterMs).then(() => response.writeHead(script.status).end())
    })
    const listening = once(server, 'listening')
    server.listen(port, '127.0.0.1')
    await listening
  }
  const goDown = async (): Promise<void> => {
    if (server?.listening !== true) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  await comeBack()
  return {
    address: `127.0.0.1:${port}`,
    script: (hostnames, script) => {
      for (const hostname of hostnames) scripts.set(hostname, script)
    },
    asks: (hostname) => counts.get(hostname) ?? 0,
    goDown,
    comeBack,
    [Symbol.asyncDispose]: goDown,
  }
}
