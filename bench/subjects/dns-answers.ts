// Name servers that answer for every hostname of the control core: as many resolvers as asked
// for, and an authority on a port of its own. Prints where they listen, as JSON.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decode, encode, type Answer, type Packet } from 'dns-packet'
import { TXT_PREFIX_DEFAULT } from '@fingerpost/model/txt-prefix'
import { LABELS_OF_CONTROL_NAMES } from '../harness/control-names.ts'

const options: { readonly resolvers: number; readonly hasAuthority: boolean } = JSON.parse(
  process.argv[2] ?? '{}',
)
const CUSTOMER = /^(?:([a-z]+)\.)?customer-(\d+)\.example$/
const TARGET = /^k\d+\.edge\.example\.net$/
const TTL_S = 300
const AUTHORITATIVE = 1 << 10
const NOT_IMPLEMENTED = 4
const NXDOMAIN = 3

const sockets = await Promise.all(
  Array.from({ length: options.resolvers + 1 }, (_, index) => listen(index === options.resolvers)),
)
const ports = sockets.map((socket) => socket.address().port)
console.log(JSON.stringify({ ready: true, resolvers: ports.slice(0, -1), authority: ports.at(-1) }))

async function listen(isAuthority: boolean): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 8 * 1024 * 1024 })
  socket.on('message', (octets, from) => answer(socket, octets, from, isAuthority))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

function answer(socket: Socket, octets: Buffer, from: RemoteInfo, isAuthority: boolean): void {
  const query = decode(octets)
  const [question] = query.questions ?? []
  if (question === undefined) return
  const { name, type } = question
  const { answers, rcode } = answersTo(name.toLowerCase(), type)
  const flags = (isAuthority ? AUTHORITATIVE : 0) | rcode
  const soa: Answer = {
    name: answers.length > 0 || TARGET.test(name) ? 'example.net' : 'example',
    type: 'SOA',
    ttl: TTL_S,
    data: { mname: 'ns.example', rname: 'root.example', serial: 1, minimum: 60 },
  }
  // Why also behind a CNAME: else it would not be said that its end has no such record.
  const isFound = answers.some((one) => one.type === type)
  const authorities = isFound ? [] : [soa]
  const { id, questions } = query
  const reply: Packet = { type: 'response', id, flags, questions, answers, authorities }
  socket.send(encode(reply), from.port, from.address)
}

function answersTo(
  name: string,
  type: string,
): { readonly answers: Answer[]; readonly rcode: number } {
  const found = (...answers: Answer[]) => ({ answers, rcode: 0 })
  if ((type === 'NS' || type === 'SOA') && !options.hasAuthority) {
    return { answers: [], rcode: NOT_IMPLEMENTED }
  }
  const token = name.startsWith(`${TXT_PREFIX_DEFAULT}.`)
  const [, label, zone] =
    CUSTOMER.exec(token ? name.slice(TXT_PREFIX_DEFAULT.length + 1) : name) ?? []
  if (zone !== undefined && label === undefined && type === 'NS') {
    return found({ name, type: 'NS', ttl: TTL_S, data: `ns1.${name}` })
  }
  if (name.startsWith('ns1.customer-')) {
    if (type === 'A') return found({ name, type, ttl: TTL_S, data: '127.0.0.1' })
    return found()
  }
  if (zone !== undefined && label !== undefined) {
    const index =
      Number(zone) * LABELS_OF_CONTROL_NAMES.length + LABELS_OF_CONTROL_NAMES.indexOf(label)
    if (token) {
      if (type !== 'TXT') return found()
      return found({ name, type: 'TXT', ttl: TTL_S, data: [`fp-token-${index}`] })
    }
    const target = `k${index}.edge.example.net`
    const cname: Answer = { name, type: 'CNAME', ttl: TTL_S, data: target }
    if (type === 'A')
      return found(cname, { name: target, type: 'A', ttl: TTL_S, data: '127.0.0.1' })
    return found(cname)
  }
  if (TARGET.test(name)) {
    if (type === 'A') return found({ name, type, ttl: TTL_S, data: '127.0.0.1' })
    return found()
  }
  const isKnown = ['example', 'example.net', 'edge.example.net', 'net'].includes(name)
  return { answers: [], rcode: isKnown || zone !== undefined ? 0 : NXDOMAIN }
}
