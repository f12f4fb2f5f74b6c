import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket as TcpSocket } from 'node:net'
import {
  AUTHORITATIVE_ANSWER,
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
import { freePort } from '../../../test/support/free-port.ts'

/** What the server does with a question: a response code with records, or worse. */
export type DnsScript =
  | {
      readonly rcode: keyof typeof RCODES
      readonly answers?: readonly Answer[]
      readonly authorities?: readonly Answer[]
      /** Whether the server says that it speaks for the zone. */
      readonly isAuthoritative?: boolean
      /** Answers FORMERR to a question that comes with EDNS. */
      readonly refusesEdns?: boolean
    }
  /** Over UDP only the head; the answers come over TCP. */
  | { readonly truncated: readonly Answer[] }
  | 'silence'
  | 'garbage'
  /** The records, under another id; as the answer to another question; cut off halfway. */
  | { readonly forged: 'id' | 'question' | 'end'; readonly answers: readonly Answer[] }

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
  /** The ports that questions came from over UDP. */
  readonly ports: ReadonlySet<number>
}

/** Starts a scripted DNS server, by default on a free port of 127.0.0.1. */
export async function startDnsServer(
  { host, port: wanted }: Address = { host: '127.0.0.1', port: 0 },
): Promise<DnsTestServer> {
  const scripts = new Map<string, DnsScript>()
  const asked: string[] = []
  const ports = new Set<number>()
  let all: DnsScript | undefined
  const doesFor = (query: Packet, transport: string): DnsScript => {
    const [question] = query.questions ?? []
    const text = `${question?.type} ${question?.name}`
    asked.push(`${transport} ${text}`)
    return all ?? scripts.get(text) ?? { rcode: 'NXDOMAIN' }
  }

  // Why not port 0: what the kernel hands out for TCP may be the port that somebody's question
  // over UDP leaves from, and then it cannot be bound for UDP.
  const port = wanted === 0 ? await freePort() : wanted
  await using started = new AsyncDisposableStack()
  const tcp = createServer((socket) => answerTcp(socket, (query) => doesFor(query, 'tcp')))
  await listen(tcp, { host, port }, 'the test server')
  started.defer(() => new Promise<void>((resolve) => void tcp.close(() => resolve())))
  const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  udp.bind(port, host)
  await once(udp, 'listening')
  started.defer(() => new Promise<void>((resolve) => void udp.close(resolve)))
  udp.on('message', (message, from) => {
    ports.add(from.port)
    const reply = replyOverUdp(decode(message), (query) => doesFor(query, 'udp'))
    if (reply !== undefined) udp.send(reply, from.port, from.address)
  })
  const stack = started.move()
  return {
    address: { host, port },
    asked,
    ports,
    script: (question, does) => void scripts.set(question, does),
    scriptAll: (does) => void (all = does),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function replyOverUdp(query: Packet, doesFor: (query: Packet) => DnsScript): Buffer | undefined {
  const does = doesFor(query)
  if (does === 'silence') return undefined
  if (does === 'garbage') return Buffer.from('no DNS message at all')
  if ('forged' in does) return forgedReply(query, does)
  if ('truncated' in does) return encode(responseTo(query, TRUNCATED_RESPONSE, {}))
  return encode(responseTo(query, flagsOf(query, does), does))
}

function forgedReply(
  query: Packet,
  { forged, answers }: Extract<DnsScript, { readonly forged: unknown }>,
): Buffer {
  if (forged === 'id') {
    return encode(responseTo({ ...query, id: ((query.id ?? 0) + 1) % 0x1_0000 }, 0, { answers }))
  }
  if (forged === 'question') {
    const questions = [{ type: 'A', name: 'other.test' } as const]
    return encode(responseTo({ ...query, questions }, 0, { answers }))
  }
  return encode(responseTo(query, 0, { answers })).subarray(0, -2)
}

function flagsOf(query: Packet, does: Extract<DnsScript, { readonly rcode: unknown }>): number {
  const hasEdns = query.additionals?.some(({ type }) => type === 'OPT') === true
  if (does.refusesEdns === true && hasEdns) return RCODES.FORMERR
  return RCODES[does.rcode] | (does.isAuthoritative === true ? AUTHORITATIVE_ANSWER : 0)
}

function answerTcp(socket: TcpSocket, doesFor: (query: Packet) => DnsScript): void {
  socket.on('error', () => socket.destroy())
  socket.on('data', (data) => {
    const query = streamDecode(Buffer.from(data))
    const does = doesFor(query)
    if (does === 'silence' || does === 'garbage' || 'forged' in does) return
    const response =
      'truncated' in does
        ? responseTo(query, 0, { answers: does.truncated })
        : responseTo(query, flagsOf(query, does), does)
    socket.write(streamEncode(response))
  })
}

function responseTo(
  query: Packet,
  flags: number,
  sections: { readonly answers?: readonly Answer[]; readonly authorities?: readonly Answer[] },
): Packet {
  return {
    type: 'response',
    ...(query.id === undefined ? {} : { id: query.id }),
    flags: RECURSION_DESIRED | RECURSION_AVAILABLE | flags,
    questions: query.questions ?? [],
    answers: [...(sections.answers ?? [])],
    authorities: [...(sections.authorities ?? [])],
  }
}
