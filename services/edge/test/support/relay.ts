import { connect, createServer, type Server, type Socket } from 'node:net'
import { listen } from '@fingerpost/chassis/listen'

/** A line to another port that can be cut, or fall silent without being cut. */
export class Relay implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Where new connections lead; undefined: they are cut at once. */
  #target: number | undefined
  #isSilent = false

  static async start(): Promise<Relay> {
    const server = createServer()
    return new Relay(server, await listen(server, { host: '127.0.0.1', port: 0 }, 'TEST'))
  }

  private constructor(server: Server, port: number) {
    this.port = port
    this.#server = server
    server.on('connection', (socket) => this.#join(socket))
  }

  leadTo(port: number): void {
    this.#target = port
  }

  /** Ends every connection, and new ones as they come. */
  cut(): void {
    this.#target = undefined
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Lets nothing through any more, on connections old and new, without ending them. */
  fallSilent(): void {
    this.#isSilent = true
    for (const socket of this.#sockets) socket.pause()
  }

  speak(): void {
    this.#isSilent = false
    for (const socket of this.#sockets) socket.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.withResolvers<void>()
    this.#server.close(() => closed.resolve())
    this.cut()
    await closed.promise
  }

  #join(socket: Socket): void {
    if (this.#target === undefined) {
      socket.destroy()
      return
    }
    const other = connect(this.#target, '127.0.0.1')
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', (chunk: Buffer) => to.write(chunk))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      if (this.#isSilent) from.pause()
    }
  }
}
