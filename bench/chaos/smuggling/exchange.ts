import { connect } from 'node:tls'
import type { Destination } from '../harness/client-connection.ts'

const QUIET_MS = 250
const WHOLE_MS_MAX = 8_000

/** The statuses of the answers that came back for some octets. */
export type Statuses = readonly number[]

/** Sends octets on a new TLS connection, and collects what comes until it is over or quiet. */
export async function exchange(destination: Destination, octets: string): Promise<Statuses> {
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
  return statusesIn(received)
}

function statusesIn(received: string): Statuses {
  const heads = received.match(/HTTP\/1\.[01] \d{3}[^]*?\r\n\r\n/g) ?? []
  return heads.map((head) => Number(head.slice(9, 12))).filter((status) => status >= 200)
}
