// Handshakes with unknown names in a process of their own, so that what they cost is not counted as
// somebody's latency. Started with its options as JSON; prints what became of them.
import { connect } from 'node:net'
import { constants, setPriority } from 'node:os'
import { atRate, inParallel } from '../../harness/at-rate.ts'
import { latenciesOf } from '../../harness/statistics.ts'
import { ClientHellos } from './client-hello.ts'
import type { FloodOptions, FloodResult } from './flood.ts'
import { unknownNames } from './unknown-names.ts'

const ALERT = 0x15
const HANDSHAKE = 0x16
const ANSWER_MS_MAX = 15_000

type Outcome = 'refused' | 'accepted' | 'failed'

/** Sends a first message and looks at the first octet of the answer. */
function beginHandshake({ port, from }: FloodOptions, hello: Buffer): Promise<Outcome> {
  return new Promise((resolve) => {
    const way = { port, host: '127.0.0.1', localAddress: from }
    const socket = connect(way, () => socket.write(hello))
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer)
      // Why a reset: tens of thousands of waiting connections would use up the ports.
      if (socket.connecting) socket.destroy()
      else socket.resetAndDestroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => settle('failed'), ANSWER_MS_MAX)
    socket.once('data', ([first]: Buffer) => {
      if (first === ALERT) settle('refused')
      else settle(first === HANDSHAKE ? 'accepted' : 'failed')
    })
    socket.once('error', () => settle('failed'))
    socket.once('end', () => settle('failed'))
  })
}

async function flood(options: FloodOptions): Promise<FloodResult> {
  const { names, pace } = options
  const hellos = new ClientHellos()
  const hostnames = unknownNames(names)
  const counts: Record<Outcome, number> = { refused: 0, accepted: 0, failed: 0 }
  const durations: number[] = []
  const task = async (index: number): Promise<void> => {
    const hello = await hellos.for(hostnames[index] ?? '')
    const beganMs = performance.now()
    counts[await beginHandshake(options, hello)] += 1
    durations.push(performance.now() - beganMs)
  }
  const [beganAt, beganMs] = [Date.now(), performance.now()]
  if (pace.kind === 'rate') {
    const { ratePerS } = pace
    await atRate({ ratePerS, seconds: names.count / ratePerS }, task)
  } else {
    await inParallel({ count: names.count, concurrency: pace.concurrency }, task)
  }
  const seconds = (performance.now() - beganMs) / 1_000
  const { p50, p99 } = latenciesOf(durations)
  return { ...counts, beganAt, seconds, p50Ms: p50, p99Ms: p99 }
}

// Why: an attacker's own work is done on machines of his own.
setPriority(constants.priority.PRIORITY_LOW)
const given: FloodOptions = JSON.parse(process.argv[2] ?? '{}')
console.log(JSON.stringify(await flood(given)))
