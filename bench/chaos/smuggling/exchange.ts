import { connect } from 'node:tls'
import type { Destination } from '../harness/client-connection.ts'

const QUIET_MS = 250
const WHOLE_MS_MAX = 8_000

/** What came back for some octets. */
export type Exchange = {
  /** Answers that the edge gave. */
  readonly fromEdge: number
  /** Answers that Caddy gave by itself. */
  readonly fromCaddy: number
  readonly statuses: readonly number[]
}

/** Sends octets on a new TLS connection, and collects what comes until it is over or quiet. */
export async function exchange(destination: Destination, octets: string): Promise<Exchange> {
  const { port, tls } = destination
  const socket = connect({
    port,
    host: '127.0.0.1',
    ...(tls !== undefined && { servername: tls.hostname, ca: tls.ca }),
  })
  const over = Promise.withResolvers<void>()
  const whole = setTimeout(() => over.resolve(), WHOLE_MS_MAX)
  let quiet: NodeJS.Timeout | undefined
  let received = ''
  socket.setEncoding('latin1')
  socket.once('secureConnect', () => {
    socket.write(octets, 'latin1')
    quiet = setTimeout(() => over.resolve(), 4 * QUIET_MS)
  })
  socket.on('data', (text: string) => {
    received += text
    clearTimeout(quiet)
    quiet = setTimeout(() => over.resolve(), QUIET_MS)
  })
  socket.on('error', () => over.resolve())
  socket.on('close', () => over.resolve())
  await over.promise
  clearTimeout(quiet)
  clearTimeout(whole)
  socket.destroy()
  return countAnswers(received)
}

/** Counts the answers in octets; what the edge answers can be told by a header that it always sends. */
function countAnswers(received: string): Exchange {
  const heads = received.match(/HTTP\/1\.[01] \d{3}[^]*?\r\n\r\n/g) ?? []
  const final = heads.filter((head) => !/^HTTP\/1\.\d 1\d\d/.test(head))
  const fromEdge = final.filter((head) => /\r\ncache-control:/i.test(head)).length
  return {
    fromEdge,
    fromCaddy: final.length - fromEdge,
    statuses: final.map((head) => Number(head.slice(9, 12))),
  }
}
