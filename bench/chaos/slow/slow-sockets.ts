import { connect, type Socket } from 'node:net'

const OPENED_AT_ONCE = 250
/** Each connection gets an octet every second; a part of them at a time, so that it is no burst. */
const DRIP_MS = 50
const DRIP_PARTS = 20

/** What slow clients do: send a request's head octet by octet, or never read their answers. */
export type SlowBehaviour = 'dripping' | 'not_reading'

/** Which slow clients there are to be. */
export type SlowOptions = {
  readonly port: number
  readonly count: number
  readonly behaviour: SlowBehaviour
  /** What is sent; by a dripping client octet by octet, by the others at once. */
  readonly text: string
  /** How often one that does not read sends it. */
  readonly times: number
}

/** How slow clients fare. */
export type SlowState = {
  /** How many connections are still open. */
  readonly open: number
  readonly refused: number
  /** How long the server kept one that it has closed, at most. */
  readonly lifeMsMax: number
}

type SlowSocket = {
  readonly socket: Socket
  readonly openedMs: number
  closedMs: number | undefined
  /** How many octets of its head were sent. */
  dripped: number
}

/** Many connections of clients that are slow on purpose. */
export class SlowSockets implements Disposable {
  readonly #sockets: SlowSocket[] = []
  readonly #drip: NodeJS.Timeout | undefined
  refused = 0

  /** Opens `count` connections; settles when all are open or refused. */
  static async open(options: SlowOptions): Promise<SlowSockets> {
    const slow = new SlowSockets(options.behaviour, options.text)
    for (let opened = 0; opened < options.count; opened += OPENED_AT_ONCE) {
      const count = Math.min(OPENED_AT_ONCE, options.count - opened)
      await Promise.all(Array.from({ length: count }, () => slow.#openOne(options)))
    }
    return slow
  }

  private constructor(behaviour: SlowBehaviour, text: string) {
    if (behaviour === 'not_reading') return
    let drips = 0
    this.#drip = setInterval(() => {
      const part = drips % DRIP_PARTS
      drips += 1
      for (let place = part; place < this.#sockets.length; place += DRIP_PARTS) {
        const slow = this.#sockets[place]
        if (slow?.socket.writable !== true) continue
        slow.socket.write(text[slow.dripped] ?? 'x')
        slow.dripped += 1
      }
    }, DRIP_MS)
  }

  /** How many are still open. */
  get open(): number {
    return this.#sockets.filter(({ closedMs }) => closedMs === undefined).length
  }

  /** How long those that the server has closed were open, in milliseconds. */
  get lives(): readonly number[] {
    return this.#sockets.flatMap(({ openedMs, closedMs }) =>
      closedMs === undefined ? [] : [closedMs - openedMs],
    )
  }

  [Symbol.dispose](): void {
    clearInterval(this.#drip)
    for (const { socket } of this.#sockets) socket.destroy()
  }

  #openOne({ port, behaviour, text, times }: SlowOptions): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const socket = connect({ port, host: '127.0.0.1' })
    const slow: SlowSocket = {
      socket,
      openedMs: performance.now(),
      closedMs: undefined,
      dripped: 1,
    }
    socket.once('connect', () => {
      this.#sockets.push(slow)
      if (behaviour === 'dripping') {
        socket.resume()
        socket.write(text.slice(0, 1))
      } else {
        socket.pause()
        socket.write(text.repeat(times))
      }
      resolve()
    })
    socket.once('error', () => {
      if (socket.connecting || !this.#sockets.includes(slow)) this.refused += 1
      resolve()
    })
    socket.once('close', () => {
      slow.closedMs ??= performance.now()
      resolve()
    })
    return promise
  }
}
