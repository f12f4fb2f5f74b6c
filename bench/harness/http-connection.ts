import { connect, type Socket } from 'node:net'

/** How one request on a connection ended; the status is 0 when no whole answer came. */
export type ConnectionAnswer = { readonly status: number; readonly head: string }

const HEAD_END = '\r\n\r\n'

/**
 * One keep-alive connection that sends requests as they are given, and tells each of them its
 * answer in order. It does no more than that, so that it costs the load as little as can be.
 */
export class HttpConnection implements Disposable {
  readonly #socket: Socket
  readonly #waiting: ((answer: ConnectionAnswer) => void)[] = []
  #unread = ''
  #isBroken = false

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#read(text))
    this.#socket.on('error', () => this.#break())
    this.#socket.on('close', () => this.#break())
  }

  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Sends a request; `deliver` is called exactly once. */
  send(text: string, deliver: (answer: ConnectionAnswer) => void): void {
    if (this.#isBroken) return deliver({ status: 0, head: '' })
    this.#waiting.push(deliver)
    this.#socket.write(text, 'latin1')
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #read(text: string): void {
    this.#unread += text
    for (;;) {
      const headEnd = this.#unread.indexOf(HEAD_END)
      if (headEnd < 0) return
      const head = this.#unread.slice(0, headEnd)
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      const end = headEnd + HEAD_END.length + length
      if (this.#unread.length < end) return
      this.#unread = this.#unread.slice(end)
      this.#waiting.shift()?.({ status: Number(head.slice(9, 12)), head })
    }
  }

  #break(): void {
    this.#isBroken = true
    for (const deliver of this.#waiting.splice(0)) deliver({ status: 0, head: '' })
  }
}

/** Gives a header of an answer; undefined when it has none. */
export function headerOf(answer: ConnectionAnswer, name: string): string | undefined {
  const line = answer.head
    .split('\r\n')
    .find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line?.slice(name.length + 1).trim()
}

/** Sends one request on a connection of its own. */
export async function requestOnce(port: number, text: string): Promise<ConnectionAnswer> {
  using connection = new HttpConnection(port)
  const { promise, resolve } = Promise.withResolvers<ConnectionAnswer>()
  connection.send(text, resolve)
  return await promise
}

/** Sends requests over some connections at once until each has its answer. */
export async function requestAll(
  port: number,
  texts: Iterable<string>,
  options: {
    readonly connections: number
    readonly onAnswer: (answer: ConnectionAnswer, text: string) => void
  },
): Promise<void> {
  const rest = texts[Symbol.iterator]()
  const run = async (): Promise<void> => {
    using connection = new HttpConnection(port)
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const { promise, resolve } = Promise.withResolvers<ConnectionAnswer>()
      connection.send(next.value, resolve)
      options.onAnswer(await promise, next.value)
    }
  }
  await Promise.all(Array.from({ length: options.connections }, run))
}
