// A load of so many requests a second, whether the answers come or not. Told what to do as JSON,
// prints what it saw as JSON.
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { HttpConnection } from '../harness/http-connection.ts'
import { latenciesOf } from '../harness/statistics.ts'
import type { RateLoadOptions, RateLoadResult, RateRequest } from './rate-load-options.ts'

const LAST_ANSWER_MS = 5_000

const options: RateLoadOptions = JSON.parse(process.argv[2] ?? '{}')
const requests: readonly RateRequest[] = JSON.parse(await readFile(options.requestsFile, 'utf8'))
const durations = new Map<string, number[]>()
const late: number[] = []
const redirectsByTenth: number[] = []
const idle: HttpConnection[] = []
const waiting: { readonly request: RateRequest; readonly sentAt: number }[] = []
let connections = 0
let answered = 0
let failed = 0

console.log('loading')
const startedAt = Date.now()
const beganAt = performance.now()
const total = Math.round(options.ratePerS * options.seconds)
for (let sent = 0; sent < total;) {
  const now = performance.now()
  const due = Math.min(total, Math.floor(((now - beganAt) * options.ratePerS) / 1000))
  for (; sent < due; sent += 1) {
    const request = requests[sent % requests.length]
    if (request === undefined) break
    // Why by our own lateness and not from when it was due: how late a timer fires says nothing
    // of the subject. Waiting for a free connection is the subject's and counts.
    late.push(now - beganAt - (sent * 1000) / options.ratePerS)
    send(request, performance.now())
  }
  await delay(1)
}
const deadlineAt = performance.now() + LAST_ANSWER_MS
while (isAwaiting() && performance.now() < deadlineAt) await delay(5)

const result: RateLoadResult = {
  answered,
  failed: total - answered,
  redirectsByTenth: Array.from(redirectsByTenth, (count) => count ?? 0),
  startedAt,
  groups: Object.fromEntries([...durations].map(([group, ms]) => [group, latenciesOf(ms)])),
  late: latenciesOf(late),
}
console.log(JSON.stringify(result))
for (const connection of idle) connection[Symbol.dispose]()
process.exit(0)

function isAwaiting(): boolean {
  return answered + failed < total
}

function send(request: RateRequest, sentAt: number): void {
  const connection = takeConnection()
  if (connection === undefined) {
    waiting.push({ request, sentAt })
    return
  }
  connection.send(request.text, ({ status }) => {
    if (status === options.status) {
      answered += 1
      note(request.group, performance.now() - sentAt)
    } else {
      failed += 1
    }
    release(connection)
  })
}

function takeConnection(): HttpConnection | undefined {
  for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
    if (!connection.isBroken) return connection
    connections -= 1
  }
  if (connections >= options.connectionsMax) return undefined
  connections += 1
  return new HttpConnection(options.port)
}

function release(connection: HttpConnection): void {
  if (connection.isBroken) connections -= 1
  else idle.push(connection)
  const next = waiting.shift()
  if (next !== undefined) send(next.request, next.sentAt)
}

function note(group: string, ms: number): void {
  const tenth = Math.floor((performance.now() - beganAt) / 100)
  redirectsByTenth[tenth] = (redirectsByTenth[tenth] ?? 0) + 1
  const list = durations.get(group)
  if (list === undefined) durations.set(group, [ms])
  else list.push(ms)
}
