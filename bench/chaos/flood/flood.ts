// Asks an edge for slugs that nobody has, as fast as told or as it manages, pipelined over some
// connections. Started with its options as JSON; prints what it saw when its time is over.
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../harness/statistics.ts'
import type { FloodOptions, FloodReport } from './flood-options.ts'

const CONNECTIONS = 32
/** Why a limit: what an edge cannot take must not fill this process's memory. */
const UNANSWERED_MAX = 4_000
const STATUS_LINE = /HTTP\/1\.1 (\d{3})/g
const DRAIN_MS = 2_000

const options: FloodOptions = JSON.parse(process.argv[2] ?? '{}')
const random = seededRandom(options.seed)
const byStatus: Record<string, number> = {}
let sent = 0
let answered = 0

const sockets = Array.from({ length: CONNECTIONS }, () => {
  const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true })
  let tail = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    const text = tail + chunk
    for (const [, status = ''] of text.matchAll(STATUS_LINE)) {
      byStatus[status] = (byStatus[status] ?? 0) + 1
      answered += 1
    }
    // Why cut at the last line: a status line can be split between two chunks.
    const lineAt = text.lastIndexOf('\n')
    const rest = text.slice(lineAt + 1)
    tail = STATUS_LINE.test(rest) ? '' : rest
    STATUS_LINE.lastIndex = 0
  })
  socket.on('error', () => socket.destroy())
  return socket
})

console.log(JSON.stringify({ ready: true }))
const startedMs = performance.now()
let offered = 0
while (performance.now() - startedMs < options.durationMs) {
  const due = Math.floor(((performance.now() - startedMs) * options.rate) / 1000)
  const room = UNANSWERED_MAX - (sent - answered)
  const count = Math.min(due - offered, room)
  // Why not made up for: what there was no room for is not sent later.
  offered = due
  send(count)
  await delay(1)
}
await delay(DRAIN_MS)
for (const socket of sockets) socket.destroy()
const report: FloodReport = { sent, answered, byStatus }
console.log(JSON.stringify({ done: true, ...report }))

function send(count: number): void {
  if (count <= 0) return
  const share = Math.ceil(count / CONNECTIONS)
  let left = count
  for (const socket of sockets) {
    const now = Math.min(share, left)
    if (now <= 0) return
    left -= now
    sent += now
    let text = ''
    for (let index = 0; index < now; index += 1) {
      text += `GET /none-${Math.floor(random() * 1e15).toString(36)} HTTP/1.1\r\nHost: ${options.hostname}\r\n\r\n`
    }
    socket.write(text, 'latin1')
  }
}
