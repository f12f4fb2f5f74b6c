import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const OPENED_AT_ONCE = 250
/** Each connection gets an octet every second; a part of them at a time, so that it is no burst. */
const DRIP_MS = 50
const DRIP_PARTS = 20

/** What slow clients do: send a request's head octet by octet, or never read their answers. */
export type SlowBehaviour = 'dripping' | 'not_reading'

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
  static async open(
    port: number,
    options: {
      readonly count: number
      readonly behaviour: SlowBehaviour
      /** What is sent at once; of a dripping client, what is sent octet by octet. */
      readonly text: string
    },
  ): Promise<SlowSockets> {
    const slow = new SlowSockets(options.behaviour, options.text)
    for (let opened = 0; opened < options.count; opened += OPENED_AT_ONCE) {
      const count = Math.min(OPENED_AT_ONCE, options.count - opened)
      await Promise.all(Array.from({ length: count }, () => slow.#openOne(port, options)))
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

  /** Waits until the server has closed all of them, or until the time is over. */
  async untilReaped(withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    while (this.open > 0 && performance.now() < deadlineMs) await delay(50)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#drip)
    for (const { socket } of this.#sockets) socket.destroy()
  }

  #openOne(
    port: number,
    { behaviour, text }: { readonly behaviour: SlowBehaviour; readonly text: string },
  ): Promise<void> {
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
        socket.write(text)
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
