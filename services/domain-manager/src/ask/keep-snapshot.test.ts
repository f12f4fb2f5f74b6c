import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import t from 'tap'
import type { Clock } from '@fingerpost/chassis/clock'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { emptyList, listOf } from '../../test/hostname-list.ts'
import { collectingLog } from '../../test/world.ts'
import { HostnameTable } from './hostname-table.ts'
import { keepSnapshot, SNAPSHOT_PAUSE_MS } from './keep-snapshot.ts'
import { SnapshotFile } from './snapshot-file.ts'

const NO_CERTIFICATE = { certificate: 'none', mayHoldUntil: undefined } as const

/** A clock whose sleeps end when the test says so. */
class SteppingClock implements Clock {
  readonly slept: number[] = []
  at = 0
  #asleep = Promise.withResolvers<void>()
  #wake = (): void => {}

  now(): number {
    return this.at
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    this.slept.push(durationMs)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    signal.addEventListener('abort', () => resolve(), { once: true })
    this.#asleep.resolve()
    return promise
  }

  /** Waits for the next sleep. */
  async asleep(): Promise<void> {
    await this.#asleep.promise
    this.#asleep = Promise.withResolvers<void>()
  }

  async step(): Promise<void> {
    this.#wake()
    await this.asleep()
  }
}

function name(text: string) {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(text)
  return hostname
}

function loadedTable(): HostnameTable {
  const table = new HostnameTable(7)
  table.replace(listOf({}))
  return table
}

t.test('a change is on disk a moment later, and nothing is written without one', async (t) => {
  const dir = t.testdir({})
  const file = new SnapshotFile(dir)
  let saves = 0
  const save = file.save.bind(file)
  file.save = async (table) => {
    saves += 1
    await save(table)
  }
  const table = loadedTable()
  const clock = new SteppingClock()
  const stop = new AbortController()
  const { log } = collectingLog()
  const end = keepSnapshot(table, file, stop.signal, { clock, random: () => 1, log })
  await clock.asleep()
  t.equal(saves, 0)

  table.apply({ hostname: name('a.example.com'), status: 'active', ...NO_CERTIFICATE })
  await clock.step()
  await clock.step()
  t.equal(saves, 1)
  t.equal((await new SnapshotFile(dir).load(emptyList)).list?.hostnames.size, 1)
  t.ok(clock.slept.every((ms) => ms >= SNAPSHOT_PAUSE_MS))

  table.apply({ hostname: name('b.example.com'), status: 'active', ...NO_CERTIFICATE })
  stop.abort()
  await end
  t.equal(saves, 2, 'what changed before the stop is kept')
  t.equal((await new SnapshotFile(dir).load(emptyList)).list?.hostnames.size, 2)
})

t.test('a slow disk does not keep the next change from being written', async (t) => {
  const file = new SnapshotFile(t.testdir({}))
  const clock = new SteppingClock()
  const save = file.save.bind(file)
  let saves = 0
  file.save = async (table) => {
    await save(table)
    saves += 1
    clock.at += 2_000
  }
  const table = loadedTable()
  const stop = new AbortController()
  const { log } = collectingLog()
  const end = keepSnapshot(table, file, stop.signal, { clock, random: () => 1, log })
  await clock.asleep()
  for (const hostname of [name('a.example.com'), name('b.example.com')]) {
    table.apply({ hostname, status: 'active', ...NO_CERTIFICATE })
    await clock.step()
  }
  t.equal(saves, 2)
  t.ok(clock.slept.every((ms) => ms < 2 * SNAPSHOT_PAUSE_MS))
  stop.abort()
  await end
})

t.test('a file that cannot be written is reported and tried again', async (t) => {
  const dir = t.testdir({})
  const file = new SnapshotFile(dir)
  await writeFile(dirname(file.path), 'a file where the folder should be')
  const table = loadedTable()
  const clock = new SteppingClock()
  const stop = new AbortController()
  const { log, lines } = collectingLog()
  const end = keepSnapshot(table, file, stop.signal, { clock, random: () => 1, log })
  await clock.asleep()
  table.apply({ hostname: name('a.example.com'), status: 'active', ...NO_CERTIFICATE })
  await clock.step()
  t.match(lines, [{ message: 'ask snapshot could not be written', level: 'error' }])

  await rm(dirname(file.path))
  await mkdir(dirname(file.path))
  await chmod(dirname(file.path), 0o700)
  await clock.step()
  t.equal((await new SnapshotFile(dir).load(emptyList)).list?.hostnames.size, 1)
  stop.abort()
  await end
})
