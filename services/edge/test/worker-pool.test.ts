import cluster from 'node:cluster'
import { join } from 'node:path'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { createLogger } from '@fingerpost/chassis/logger'
import t from 'tap'
import { WorkerPool } from '../src/workers/worker-pool.ts'
import { WorkerProcess } from '../src/workers/worker-process.ts'
import { eventually } from './support/running-edge.ts'

/** Accepts at once, and tells its metrics unless its slot is 9. */
const WORKER = `
process.on('message', ({ kind }) => {
  if (kind === 'save') process.send({ kind: 'saved' })
  if (kind !== 'metrics_wanted' || process.env.WORKER_SLOT === '9') return
  process.send({ kind: 'metrics', metrics: [] })
})
process.send({ kind: 'accepting', isAccepting: true })
`
const LIMITS = {
  workers: 1,
  backoff: { firstMs: 10, factor: 2, maxMs: 50 },
  steadyMs: 60_000,
  acceptMsMax: 10_000,
  endMsMax: 5_000,
  metricsMsMax: 1_000,
  saveMsMax: 2_000,
}

const folder = t.testdir({ 'worker.cjs': WORKER })
cluster.setupPrimary({
  exec: join(folder, 'worker.cjs'),
  execArgv: [],
  serialization: 'advanced',
})

/** A pool whose processes cannot be started while `isFull`. */
function poolOf() {
  const system = { isFull: false, refused: 0 }
  const lines: string[] = []
  const pool = new WorkerPool(LIMITS, {
    startWorker: (slot) => {
      if (!system.isFull) return new WorkerProcess(slot, {})
      system.refused += 1
      throw new Error('spawn ENOMEM')
    },
    clock: SYSTEM_CLOCK,
    random: () => 1,
    log: createLogger('edge', 'info', { write: (line) => lines.push(line) }),
  })
  return { pool, system, said: (text: string) => lines.some((line) => line.includes(text)) }
}

t.test('a worker that cannot be started is tried again', async (t) => {
  const { pool, system, said } = poolOf()
  system.isFull = true
  const started = pool.start()
  await eventually(async () => system.refused > 2, 5_000)
  t.ok(said('a worker cannot be started'))
  system.isFull = false
  await started
  t.equal(pool.accepting, 1)
  await pool.stop()
})

t.test('workers can be replaced after a replacement that could not be started', async (t) => {
  const { pool, system, said } = poolOf()
  await pool.start()
  system.isFull = true
  await pool.replaceAll()
  t.ok(said('a new worker did not accept'))
  t.equal(pool.accepting, 1, 'the old one is kept')
  system.isFull = false
  await pool.replaceAll()
  t.ok(said('workers replaced'))
  await pool.stop()
})

t.test('asking for metrics leaves nothing behind, and ends with the worker', async (t) => {
  const worker = new WorkerProcess(1, {})
  await worker.accepted
  let waits = 0
  const ended = worker.exited.finally(() => undefined)
  const then = () => {
    waits += 1
  }
  void Object.defineProperty(worker.exited, 'then', { value: then })
  for (let scrape = 0; scrape < 20; scrape += 1) await worker.refreshMetrics()
  t.equal(waits, 0, 'nobody waits for its end')
  worker.kill('SIGKILL')
  await ended
  await worker.refreshMetrics()

  const silent = new WorkerProcess(9, {})
  await silent.accepted
  const refreshed = silent.refreshMetrics()
  silent.kill('SIGKILL')
  await refreshed
  t.match(await silent.exited, { signal: 'SIGKILL' })
})
