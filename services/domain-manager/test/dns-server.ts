import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket as TcpSocket } from 'node:net'
import {
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  streamDecode,
  streamEncode,
  TRUNCATED_RESPONSE,
  type Answer,
  type Packet,
} from 'dns-packet'
import { listen } from '@fingerpost/chassis/listen'
import type { Address } from '@fingerpost/chassis/environment'

/** What the server does with a question: a response code with records, or worse. */
export type DnsScript =
  | { readonly rcode: keyof typeof RCODES; readonly answers?: readonly Answer[] }
  /** Over UDP only the head; the answers come over TCP. */
  | { readonly truncated: readonly Answer[] }
  | 'silence'
  | 'garbage'

const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 }

/** A DNS server on UDP and TCP of one free port. */
export type DnsTestServer = AsyncDisposable & {
  readonly address: Address
  /** Sets what happens to one question, for example `TXT a.test`. Others get NXDOMAIN. */
  script(question: string, does: DnsScript): void
  /** Sets what happens to every question. */
  scriptAll(does: DnsScript | undefined): void
  /** The questions so far, each with its transport, for example `udp TXT a.test`. */
  readonly asked: readonly string[]
}

/** Starts a scripted DNS server on 127.0.0.1. */
export async function startDnsServer(): Promise<DnsTestServer> {
  const scripts = new Map<string, DnsScript>()
  const asked: string[] = []
  let all: DnsScript | undefined
  const doesFor = (query: Packet, transport: string): DnsScript => {
    const [question] = query.questions ?? []
    const text = `${question?.type} ${question?.name}`
    asked.push(`${transport} ${text}`)
    return all ?? scripts.get(text) ?? { rcode: 'NXDOMAIN' }
  }

  const tcp = createServer((socket) => answerTcp(socket, (query) => doesFor(query, 'tcp')))
  const port = await listen(tcp, { host: '127.0.0.1', port: 0 }, 'the test server')
  const udp = createSocket('udp4')
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  udp.on('message', (message, from) => {
    const reply = replyOverUdp(decode(message), (query) => doesFor(query, 'udp'))
    if (reply !== undefined) udp.send(reply, from.port, from.address)
  })
  return {
    address: { host: '127.0.0.1', port },
    asked,
    script: (question, does) => void scripts.set(question, does),
    scriptAll: (does) => void (all = does),
    [Symbol.asyncDispose]: () => close(tcp, udp),
  }
}

function replyOverUdp(query: Packet, doesFor: (query: Packet) => DnsScript): Buffer | undefined {
  const does = doesFor(query)
  if (does === 'silence') return undefined
  if (does === 'garbage') return Buffer.from('no DNS message at all')
  if ('truncated' in does) return encode(responseTo(query, TRUNCATED_RESPONSE, []))
  return encode(responseTo(query, RCODES[does.rcode], does.answers ?? []))
}

function answerTcp(socket: TcpSocket, doesFor: (query: Packet) => DnsScript): void {
  socket.on('error', () => socket.destroy())
  socket.on('data', (data) => {
    const query = streamDecode(Buffer.from(data))
    const does = doesFor(query)
    if (does === 'silence' || does === 'garbage') return
    const answers = 'truncated' in does ? does.truncated : (does.answers ?? [])
    const flags = 'truncated' in does ? 0 : RCODES[does.rcode]
    socket.write(streamEncode(responseTo(query, flags, answers)))
  })
}

function responseTo(query: Packet, flags: number, answers: readonly Answer[]): Packet {
  return {
    type: 'response',
    ...(query.id === undefined ? {} : { id: query.id }),
    flags: RECURSION_DESIRED | RECURSION_AVAILABLE | flags,
    questions: query.questions ?? [],
    answers: [...answers],
  }
}

async function close(tcp: Server, udp: Socket): Promise<void> {
  await Promise.all([
    new Promise((resolve) => tcp.close(resolve)),
    new Promise<void>((resolve) => void udp.close(resolve)),
  ])
}
