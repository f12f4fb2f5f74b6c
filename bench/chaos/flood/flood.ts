// Asks an edge for slugs that nobody has, as fast as told or as it manages, over connections that
// carry one request at a time, as those of a proxy do. Started with its options as JSON; prints
// what it saw when its time is over.
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../harness/statistics.ts'
import { ClientConnection } from '../harness/client-connection.ts'
import { getText } from '../harness/link-requests.ts'
import type { FloodOptions, FloodReport } from './flood-options.ts'

/** Why a limit: what an edge cannot take must not fill this process's memory. */
const CONNECTIONS = 256
const LAST_ANSWERS_MS = 2_000

const options: FloodOptions = JSON.parse(process.argv[2] ?? '{}')
const random = seededRandom(options.seed)
const byStatus: Record<string, number> = {}
let sent = 0
let answered = 0

const idle = Array.from({ length: CONNECTIONS }, newConnection)
console.log(JSON.stringify({ ready: true }))
const startedMs = performance.now()
let offered = 0
while (performance.now() - startedMs < options.durationMs) {
  const due = Math.floor(((performance.now() - startedMs) * options.rate) / 1000)
  // Why not made up for: what no connection was free for is not sent later.
  const count = Math.min(due - offered, idle.length)
  offered = due
  for (let index = 0; index < count; index += 1) send(idle.pop() ?? newConnection())
  await delay(1)
}
await delay(LAST_ANSWERS_MS)
const report: FloodReport = { sent, answered, byStatus }
console.log(JSON.stringify({ done: true, ...report }))
for (const connection of idle) connection[Symbol.dispose]()

function send(connection: ClientConnection): void {
  const slug = `none-${Math.floor(random() * 1e15).toString(36)}`
  sent += 1
  connection.send(getText(options.hostname, `/${slug}`), ({ status }) => {
    answered += 1
    byStatus[status] = (byStatus[status] ?? 0) + 1
    idle.push(connection.isUsable ? connection : newConnection())
  })
}

function newConnection(): ClientConnection {
  return new ClientConnection({ port: options.port })
}
