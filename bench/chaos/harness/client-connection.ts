import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Where requests go: a port of this machine, by plain HTTP or by TLS. */
export type Destination = {
  readonly port: number
  readonly tls?: { readonly ca: string; readonly hostname: string }
}

/** How one request ended; the status is 0 when no whole answer came. */
export type ClientAnswer = {
  readonly status: number
  readonly location: string | undefined
  /** Why there is no answer. */
  readonly trouble?: string
}

const HEAD_END = '\r\n\r\n'

/** One keep-alive connection that carries one request after the other. */
export class ClientConnection implements Disposable {
  readonly #socket: Socket
  #deliver: ((answer: ClientAnswer) => void) | undefined
  #unread = ''
  #isUsable = true

  constructor(destination: Destination) {
    this.#socket = open(destination)
    this.#socket.setNoDelay(true)
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#read(text))
    this.#socket.on('error', (error) => this.#break(error.message))
    this.#socket.on('end', () => this.#break('the connection was ended'))
    this.#socket.on('close', () => this.#break('the connection was closed'))
  }

  /** Whether another request may be sent on it. */
  get isUsable(): boolean {
    return this.#isUsable
  }

  /** Sends a request; `deliver` is called exactly once, and only then may the next one be sent. */
  send(text: string, deliver: (answer: ClientAnswer) => void): void {
    this.#deliver = deliver
    this.#socket.write(text, 'latin1')
  }

  [Symbol.dispose](): void {
    this.#break('given up')
  }

  #read(text: string): void {
    this.#unread += text
    const headEnd = this.#unread.indexOf(HEAD_END)
    if (headEnd < 0) return
    const head = this.#unread.slice(0, headEnd)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (this.#unread.length < headEnd + HEAD_END.length + length) return
    this.#unread = ''
    if (/\r\nconnection: *close/i.test(head)) this.#retire()
    this.#give({
      status: Number(head.slice(9, 12)),
      location: /\r\nlocation: *([^\r]*)/i.exec(head)?.[1],
    })
  }

  #retire(): void {
    this.#isUsable = false
    this.#socket.destroy()
  }

  #break(trouble: string): void {
    this.#retire()
    this.#give({ status: 0, location: undefined, trouble })
  }

  #give(answer: ClientAnswer): void {
    const deliver = this.#deliver
    this.#deliver = undefined
    deliver?.(answer)
  }
}

function open({ port, tls }: Destination): Socket {
  if (tls === undefined) return connectTcp({ port, host: '127.0.0.1' })
  return connectTls({ port, host: '127.0.0.1', servername: tls.hostname, ca: tls.ca })
}
