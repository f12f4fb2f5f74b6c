import { connect, type Socket } from 'node:net'
import type { Address } from '@fingerpost/chassis/environment'
import type { DurationMs } from '@fingerpost/model/time'

/** Most octets that wait to be sent; lines beyond that are lost. */
export const UNSENT_OCTETS_MAX = 1024 * 1024

const RECONNECT_MS: DurationMs = 500

/** The loggers of Caddy that say something about certificates. */
const LOGGERS = /"logger":"(?:tls\.(?:obtain|renew|issuance)|[^"]*acme_client)/

/**
 * Sends Caddy's lines about certificates on to whoever reads its log, for a Caddy
 * that cannot do so safely. It never waits: what cannot be sent is lost.
 */
export class CaddyLogForwarder implements Disposable {
  readonly #to: Address
  #socket: Socket | undefined
  #brokeAt = -Infinity

  constructor(to: Address) {
    this.#to = to
  }

  /** @param line one line of Caddy's output, whatever it says */
  forward(line: string): void {
    if (!LOGGERS.test(line)) return
    const socket = this.#socket ?? this.#connect()
    if (socket === undefined || socket.writableLength > UNSENT_OCTETS_MAX) return
    socket.write(`${line}\n`)
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy()
  }

  #connect(): Socket | undefined {
    if (performance.now() - this.#brokeAt < RECONNECT_MS) return undefined
    const socket = connect({ host: this.#to.host, port: this.#to.port })
    socket.unref()
    socket.resume()
    // Why ignored: the event "close" follows, and the log itself is on our own output.
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#socket = undefined
      this.#brokeAt = performance.now()
    })
    this.#socket = socket
    return socket
  }
}
