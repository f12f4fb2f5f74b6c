import { randomInt } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6, SocketAddress } from 'node:net'
import type { Address } from '@fingerpost/chassis/environment'
import type { DurationMs } from '@fingerpost/model/time'
import {
  decodeResponse,
  encodeQuery,
  responseIdOf,
  type DnsMessage,
  type Question,
} from './wire-format.ts'

/**
 * How many questions go out of one port before another, random one takes its
 * place. A forged answer has to hit port, id and question of one that waits.
 */
export const PORT_QUESTIONS_MAX = 1_000

/** How long one port is used for new questions. */
export const PORT_LIFE_MS_MAX: DurationMs = 10_000

/** Ports that are used at once: each question takes one of them at random. */
export const PORTS_MAX = 4

/** Most questions that wait at one port; another takes those above. */
const PORT_WAITING_MAX = 512

/** What a question over UDP came to. */
export type UdpOutcome = DnsMessage | 'timeout' | 'unreachable' | 'malformed'

/**
 * Asks over UDP from a few ports that change, instead of one for each question:
 * opening a port takes longer than all the rest of a lookup.
 */
export class UdpSockets {
  readonly #peer: Address | undefined
  #ports: UdpPort[] = []

  /** @param peer the only server that is asked, so that the system tells when it is not there */
  constructor(peer: Address | undefined) {
    this.#peer = peer === undefined ? undefined : canonicalServer(peer)
  }

  /** Asks once; never rejects. */
  ask(
    server: Address,
    question: Question,
    timeoutMs: DurationMs,
    signal: AbortSignal,
  ): Promise<UdpOutcome> {
    const to = this.#peer ?? canonicalServer(server)
    return this.#portFor(isIPv6(to.host)).ask(to, question, timeoutMs, signal)
  }

  #portFor(isV6: boolean): UdpPort {
    this.#ports = this.#ports.filter((port) => port.isOpen)
    const usable = this.#ports.filter((port) => port.isV6 === isV6 && !port.isFull)
    const chosen = usable.length < PORTS_MAX ? undefined : usable[randomInt(usable.length)]
    if (chosen !== undefined) return chosen
    const port = new UdpPort(isV6, this.#peer)
    this.#ports.push(port)
    return port
  }
}

type Waiting = {
  readonly server: Address
  readonly question: Question
  readonly settle: (outcome: UdpOutcome) => void
  sawGarbage: boolean
}

class UdpPort {
  readonly isV6: boolean
  readonly #socket: Socket
  readonly #peer: Address | undefined
  readonly #ready: Promise<void>
  readonly #waiting = new Map<number, Waiting>()
  readonly #retirement: NodeJS.Timeout
  #questions = 0
  #isRetired = false

  constructor(isV6: boolean, peer: Address | undefined) {
    this.isV6 = isV6
    this.#peer = peer
    this.#socket = createSocket(isV6 ? 'udp6' : 'udp4')
    this.#socket.unref()
    this.#ready = this.#open()
    this.#socket.on('message', (packet, from) => this.#receive(packet, from))
    this.#socket.on('error', () => this.#fail())
    this.#retirement = setTimeout(() => this.#retire(), PORT_LIFE_MS_MAX).unref()
  }

  get isOpen(): boolean {
    return !this.#isRetired
  }

  get isFull(): boolean {
    return this.#waiting.size >= PORT_WAITING_MAX
  }

  async ask(
    server: Address,
    question: Question,
    timeoutMs: DurationMs,
    signal: AbortSignal,
  ): Promise<UdpOutcome> {
    this.#questions += 1
    const id = this.#freeId()
    const { promise, resolve } = Promise.withResolvers<UdpOutcome>()
    const waiting: Waiting = { server, question, settle: resolve, sawGarbage: false }
    this.#waiting.set(id, waiting)
    if (this.#questions >= PORT_QUESTIONS_MAX) this.#retire()
    const giveUp = (): void => resolve(waiting.sawGarbage ? 'malformed' : 'timeout')
    const timer = setTimeout(giveUp, timeoutMs)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await this.#ready
      this.#send(encodeQuery(id, question), server, resolve)
      return await promise
    } catch {
      // Why: a socket that cannot be opened, or whose peer is not there, reaches nobody.
      return 'unreachable'
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      this.#waiting.delete(id)
      this.#closeWhenDone()
    }
  }

  async #open(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#socket.once('error', reject)
    if (this.#peer === undefined) this.#socket.bind(0, resolve)
    else this.#socket.connect(this.#peer.port, this.#peer.host, resolve)
    try {
      await promise
    } finally {
      this.#socket.off('error', reject)
    }
  }

  #send(query: Buffer, server: Address, settle: (outcome: UdpOutcome) => void): void {
    const onSent = (error: Error | null): void => {
      if (error !== null) settle('unreachable')
    }
    if (this.#peer === undefined) this.#socket.send(query, server.port, server.host, onSent)
    else this.#socket.send(query, onSent)
  }

  #receive(packet: Buffer, from: RemoteInfo): void {
    const id = responseIdOf(packet)
    const waiting = id === undefined ? undefined : this.#waiting.get(id)
    if (waiting === undefined) {
      if (id === undefined) this.#noteGarbage(from)
      return
    }
    if (!isFrom(waiting.server, from)) return
    const message = decodeResponse(packet, waiting.question)
    // Why it goes on waiting: an answer to another question is forged, or came too late.
    if (message !== 'not_ours') waiting.settle(message)
  }

  #noteGarbage(from: RemoteInfo): void {
    for (const waiting of this.#waiting.values()) {
      if (isFrom(waiting.server, from)) waiting.sawGarbage = true
    }
  }

  #fail(): void {
    this.#retire()
    for (const waiting of this.#waiting.values()) waiting.settle('unreachable')
  }

  #retire(): void {
    this.#isRetired = true
    clearTimeout(this.#retirement)
    this.#closeWhenDone()
  }

  #closeWhenDone(): void {
    if (!this.#isRetired || this.#waiting.size > 0 || this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
  }

  #isClosed = false

  #freeId(): number {
    for (;;) {
      const id = randomInt(0x1_0000)
      if (!this.#waiting.has(id)) return id
    }
  }
}

function isFrom(server: Address, { address, port }: RemoteInfo): boolean {
  return server.port === port && server.host === address
}

// As the system writes the address of who sent something.
function canonicalServer({ host, port }: Address): Address {
  const family = isIPv6(host) ? 'ipv6' : 'ipv4'
  return { host: new SocketAddress({ address: host, family }).address, port }
}
