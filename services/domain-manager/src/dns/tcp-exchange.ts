import { randomInt } from 'node:crypto'
import { connect } from 'node:net'
import type { Address } from '@fingerpost/chassis/environment'
import type { DurationMs } from '@fingerpost/model/time'
import type { UdpOutcome } from './udp-sockets.ts'
import { decodeResponse, encodeQuery, responseIdOf, type Question } from './wire-format.ts'

/**
 * Asks once over TCP; never rejects. At most one message of 65,535 octets is
 * read, as its length of two octets says.
 *
 * @see RFC 7766 section 8
 */
export async function askOverTcp(
  server: Address,
  question: Question,
  timeoutMs: DurationMs,
  signal: AbortSignal,
): Promise<UdpOutcome> {
  const { promise, resolve } = Promise.withResolvers<UdpOutcome>()
  const id = randomInt(0x1_0000)
  const giveUp = (): void => resolve('timeout')
  const timer = setTimeout(giveUp, timeoutMs)
  signal.addEventListener('abort', giveUp, { once: true })
  const socket = connect({ host: server.host, port: server.port })
  const received = Buffer.alloc(FRAME_OCTETS_MAX)
  let octets = 0
  socket.on('connect', () => socket.write(framed(encodeQuery(id, question))))
  socket.on('error', () => resolve('unreachable'))
  // Why malformed: a server that said "truncated" and then ends the connection has no answer.
  socket.on('close', () => resolve('malformed'))
  socket.on('data', (data: Buffer) => {
    octets += data.copy(received, octets)
    const end = octets < 2 ? Infinity : 2 + received.readUInt16BE(0)
    if (octets >= end) resolve(readMessage(received.subarray(2, end), id, question))
  })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
    socket.destroy()
  }
}

/** A message and the two octets of its length. */
const FRAME_OCTETS_MAX = 2 + 65_535

function framed(query: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(query.length)
  return Buffer.concat([length, query])
}

function readMessage(packet: Buffer, id: number, question: Question): UdpOutcome {
  if (responseIdOf(packet) !== id) return 'malformed'
  const message = decodeResponse(packet, question)
  if (message === 'not_ours' || message === 'malformed') return 'malformed'
  return message.isTruncated ? 'malformed' : message
}
