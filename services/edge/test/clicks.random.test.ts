import { AppError } from '@fingerpost/model/errors'
import type { ClickBatch } from '@fingerpost/contract/core-api'
import t from 'tap'
import type { ClickFiles } from '../src/clicks/click-files.ts'
import {
  ApplyingCore,
  clickOn,
  FakeClickFiles,
  RecordingProcess,
  SCENE_LIMITS,
} from './support/click-scene.ts'

const KILLED_RUNS = 2_000
const UNKILLED_RUNS = 1_000
const SECONDS = 6
const SEAL_MS = 1_000
// Why so many: nothing may be dropped here, so that every click can be accounted for.
const ROOMY = { ...SCENE_LIMITS, filesMax: 10_000, octetsMax: 10_000_000 }

/** A repeatable source of numbers from 0 to 1. */
function randomOf(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

/** A life: from the moment that it ends, whatever the process does never comes back to it. */
class Life {
  readonly #random: () => number
  readonly #killChance: number
  isOver = false

  constructor(random: () => number, killChance: number) {
    this.#random = random
    this.#killChance = killChance
  }

  /** Does something of the outer world, with a chance to be killed before and after it. */
  async outside<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#step()
    const result = await work()
    await this.#step()
    return result
  }

  async #step(): Promise<void> {
    await Promise.resolve()
    if (this.#random() < this.#killChance) this.isOver = true
    if (this.isOver) await new Promise(() => {})
  }
}

function filesOf(life: Life, files: FakeClickFiles, random: () => number): ClickFiles {
  return {
    read: (name) => life.outside(() => files.read(name)),
    write: (name, content) =>
      life.outside(async () => {
        if (random() < 0.05) throw new Error('EIO')
        await files.write(name, content)
      }),
    remove: (name) =>
      life.outside(async () => {
        if (random() < 0.05) throw new Error('EIO')
        await files.remove(name)
      }),
    setAside: (name) => life.outside(() => files.setAside(name)),
    list: () => files.list(),
  }
}

function coreOf(life: Life, core: ApplyingCore, random: () => number) {
  return {
    recordClicks: (batch: ClickBatch) =>
      life.outside(async () => {
        const fate = random()
        if (fate < 0.2) throw new AppError('core_unavailable', 'Core cannot be reached.')
        await core.recordClicks(batch)
        if (fate < 0.4) throw new AppError('core_overdue', 'Core did not answer in time.')
      }),
  }
}

type Outcome = {
  readonly counted: Map<string, number>
  /** Counted, and sealed a second before the process was killed or later stopped. */
  readonly safe: Map<string, number>
  readonly core: ApplyingCore
  readonly kills: number
  readonly left: number
}

/** Lets processes count one after the other, killed at any await or stopped; then all is sent. */
async function runOnce(seed: number, killChance: number): Promise<Outcome> {
  const random = randomOf(seed)
  const files = new FakeClickFiles()
  const core = new ApplyingCore()
  const counted = new Map<string, number>()
  const safe = new Map<string, number>()
  let kills = 0
  for (let generation = 0; generation < 3; generation += 1) {
    const life = new Life(random, killChance)
    const world = { files: filesOf(life, files, random), core: coreOf(life, core, random) }
    const owner = { source: `${generation}`, pid: 7 }
    const process = await RecordingProcess.start(owner, world, ROOMY)
    let fresh: string[] = []
    for (let second = 0; second < SECONDS && !life.isOver; second += 1) {
      const before = fresh
      fresh = []
      for (let click = random() * 6; click > 0; click -= 1) {
        const link = `link ${Math.floor(random() * 8)}`
        process.count(clickOn(link))
        fresh.push(link)
        counted.set(link, (counted.get(link) ?? 0) + 1)
      }
      await process.clock.advance(SEAL_MS)
      const isSealed = !life.isOver && diskOf(process) !== 'disk fails'
      if (isSealed) for (const link of before) safe.set(link, (safe.get(link) ?? 0) + 1)
    }
    if (life.isOver) kills += 1
    else await stopWith(process)
  }

  const last = await RecordingProcess.start({ source: 'ffff', pid: 7 }, { files, core }, ROOMY)
  await last.clock.advance(60_000)
  await last.stop()
  return { counted, safe, core, kills, left: files.contents.size }
}

function diskOf(process: RecordingProcess): string | undefined {
  return process.told.findLast((word) => word.startsWith('disk'))
}

/** Stops a process while its clock goes on; a kill meanwhile is not waited for. */
async function stopWith(process: RecordingProcess): Promise<void> {
  void process.stop()
  await process.clock.advance(5_000)
}

t.test('whatever is killed and whatever fails, nothing is counted twice', async (t) => {
  let kills = 0
  for (let seed = 0; seed < KILLED_RUNS; seed += 1) {
    const outcome = await runOnce(seed, 0.03)
    kills += outcome.kills
    const problems = [...outcome.counted].filter(
      ([link, count]) =>
        (outcome.core.applied.get(link) ?? 0) > count ||
        (outcome.core.applied.get(link) ?? 0) < (outcome.safe.get(link) ?? 0),
    )
    if (problems.length > 0 || outcome.left > 0) t.fail(`seed ${seed}: ${String(problems)}`)
  }
  t.ok(kills > KILLED_RUNS, `${kills} kills`)
})

t.test('without a kill nothing is lost, through outages, lost answers and restarts', async (t) => {
  let clicks = 0
  for (let seed = 0; seed < UNKILLED_RUNS; seed += 1) {
    const { counted, core, left } = await runOnce(seed, 0)
    const isExact = [...counted].every(([link, count]) => core.applied.get(link) === count)
    if (!isExact || left > 0) t.fail(`seed ${seed}`)
    clicks += core.total
  }
  t.ok(clicks > UNKILLED_RUNS, `${clicks} clicks`)
})
