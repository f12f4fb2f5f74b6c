import t from 'tap'
import { parseBatchName } from '../src/clicks/click-batch-format.ts'
import { findLeftBatches } from '../src/clicks/left-batches.ts'
import {
  ApplyingCore,
  clickOn,
  FakeClickFiles,
  RecordingProcess,
  SCENE_LIMITS,
} from './support/click-scene.ts'

const OWNER = { source: 'aaaa', pid: 7 }

function worldOf() {
  return { files: new FakeClickFiles(), core: new ApplyingCore() }
}

t.test('what was counted in a second is sent, and its file deleted', async (t) => {
  const world = worldOf()
  const process = await RecordingProcess.start(OWNER, world)
  process.count(clickOn('a', 2), clickOn('b'))
  await process.clock.advance(999)
  t.same(world.core.batches, [])
  await process.clock.advance(1)
  t.same(world.core.batches, [
    { source: 'aaaa', number: 1, clicks: [clickOn('a', 2), clickOn('b')] },
  ])
  t.equal(world.files.writes, 1)
  t.equal(world.files.contents.size, 0)
  await process.clock.advance(5_000)
  t.equal(world.files.writes, 1, 'nothing counted, nothing written')
  await process.stop()
})

t.test('while core is down, files grow with what is different and not with time', async (t) => {
  const world = worldOf()
  world.core.isDown = true
  const process = await RecordingProcess.start(OWNER, world)
  for (let second = 0; second < 100; second += 1) {
    process.count(clickOn('a'), clickOn('b'), clickOn('c'), clickOn('d'))
    await process.clock.advance(1_000)
  }
  t.equal(world.files.contents.size, 3, 'one was tried, two are open')
  t.same(process.told, ['core fails'])
  world.core.isDown = false
  await process.clock.advance(3_000)
  t.same([...world.core.applied.values()], [100, 100, 100, 100])
  t.same(
    world.core.batches.map(({ number }) => number),
    [1, 2, 3],
  )
  t.same(process.told, ['core fails', 'core well'])
  t.equal(world.files.contents.size, 0)
  await process.stop()
})

t.test('a batch whose answer was lost is applied once', async (t) => {
  const world = worldOf()
  world.core.losesAnswers = true
  const process = await RecordingProcess.start(OWNER, world)
  for (let second = 0; second < 5; second += 1) {
    process.count(clickOn('a'))
    await process.clock.advance(1_000)
  }
  t.equal(world.core.total, 1)
  world.core.losesAnswers = false
  await process.clock.advance(5_000)
  t.equal(world.core.total, 5)
  await process.stop()
})

t.test('a refused batch is dropped, counted, and blocks no other', async (t) => {
  const world = worldOf()
  world.core.refuses = ({ number }) => number === 1
  const process = await RecordingProcess.start(OWNER, world)
  process.count(clickOn('a', 5), clickOn('b'), clickOn('c'), clickOn('d'))
  await process.clock.advance(1_000)
  t.same([...world.core.applied], [['d', 1]])
  t.same([...process.dropped], [['refused', 7]])
  t.same(process.told, ['refused 1'])
  t.equal(world.files.contents.size, 0)
  await process.stop()
})

t.test('what a killed process left is sent first, each source in its order', async (t) => {
  const world = worldOf()
  world.core.isDown = true
  const killed = await RecordingProcess.start(OWNER, world)
  for (const link of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) killed.count(clickOn(link))
  await killed.clock.advance(1_000)
  killed.count(clickOn('lost'))
  world.files.contents.set('aaaa.99.7.tsv', 'damaged')
  world.files.contents.set('not-ours.txt', '')
  world.core.isDown = false
  const next = await RecordingProcess.start({ source: 'bbbb', pid: 7 }, world)
  next.count(clickOn('h'))
  await next.clock.advance(1_000)
  t.same(
    world.core.batches.map(({ source, number }) => `${source} ${number}`),
    ['aaaa 1', 'aaaa 2', 'aaaa 3', 'bbbb 1'],
  )
  t.equal(world.core.total, 8)
  t.same(next.told, ['unreadable aaaa.99.7.tsv'])
  t.same([...world.files.contents.keys()].toSorted(), ['aaaa.99.7.tsv.bad', 'not-ours.txt'])
  await next.stop()
})

t.test('a file that cannot be read for now is tried again, while counting goes on', async (t) => {
  const world = worldOf()
  world.core.isDown = true
  const killed = await RecordingProcess.start(OWNER, world)
  for (const link of ['a', 'b', 'c', 'd']) killed.count(clickOn(link))
  await killed.clock.advance(1_000)
  world.core.isDown = false
  world.files.isUnreadable = true
  const next = await RecordingProcess.start({ source: 'bbbb', pid: 7 }, world)
  next.count(clickOn('e'))
  await next.clock.advance(3_000)
  t.same(next.told, ['read fails'])
  t.same(
    [...world.files.contents.keys()].toSorted(),
    ['aaaa.1.7.tsv', 'aaaa.2.7.tsv', 'bbbb.1.7.tsv'],
    'what is counted is written down',
  )
  world.files.isUnreadable = false
  await next.clock.advance(1_000)
  t.same(next.told, ['read fails', 'read well'])
  t.equal(world.core.total, 5)
  t.equal(world.files.contents.size, 0)
  await next.stop()
})

t.test('beyond the limits even what cannot be read goes', async (t) => {
  const world = worldOf()
  for (let number = 1; number <= 5; number += 1) {
    world.files.contents.set(`aaaa.${number}.7.tsv`, 'x')
  }
  world.files.isUnreadable = true
  const process = await RecordingProcess.start({ source: 'bbbb', pid: 7 }, world, {
    ...SCENE_LIMITS,
    filesMax: 3,
  })
  t.equal(process.spool.size, 3)
  t.equal(world.files.contents.size, 3)
  await process.stop()
})

t.test('a full disk keeps batches in memory, says so once, and is tried again', async (t) => {
  const world = worldOf()
  world.files.isFull = true
  world.core.isDown = true
  const process = await RecordingProcess.start(OWNER, world)
  for (let second = 0; second < 4; second += 1) {
    process.count(...['a', 'b', 'c', 'd', `only ${second}`].map((link) => clickOn(link)))
    await process.clock.advance(1_000)
  }
  t.same(process.told, ['disk fails', 'core fails'])
  world.files.isFull = false
  await process.clock.advance(1_000)
  t.match(process.told, ['disk fails', 'core fails', 'disk well'])
  t.equal(world.files.contents.size, process.spool.size)
  world.core.isDown = false
  await process.clock.advance(3_000)
  t.equal(world.core.total, 20)
  await process.stop()
})

t.test('a full disk and no core at the stop are counted', async (t) => {
  const world = worldOf()
  world.files.isFull = true
  world.core.isDown = true
  const process = await RecordingProcess.start(OWNER, world)
  process.count(clickOn('a', 3))
  await process.stop()
  t.same([...process.dropped], [['not_saved', 3]])
})

for (const limits of [{ filesMax: 3 }, { octetsMax: 600 }]) {
  t.test(
    `beyond ${JSON.stringify(limits)} the oldest go, but for the one on its way`,
    async (t) => {
      const world = worldOf()
      world.core.isDown = true
      const process = await RecordingProcess.start(OWNER, world, { ...SCENE_LIMITS, ...limits })
      for (let second = 0; second < 30; second += 1) {
        process.count(clickOn(`link ${second}`))
        await process.clock.advance(1_000)
      }
      world.core.isDown = false
      await process.clock.advance(3_000)
      const applied = [...world.core.applied.keys()]
      t.equal(applied[0], 'link 0', 'it was being sent')
      t.equal(applied.at(-1), 'link 29')
      t.equal(process.dropped.get('spool_full'), 30 - applied.length)
      t.ok(applied.length > 4 && applied.length < 12, String(applied.length))
      t.equal(world.files.contents.size, 0)
      await process.stop()
    },
  )
}

t.test('a stop writes and sends what is pending, within a second', async (t) => {
  const world = worldOf()
  const process = await RecordingProcess.start(OWNER, world)
  process.count(clickOn('a'), clickOn('b'), clickOn('c'), clickOn('d'))
  await process.stop()
  t.equal(world.core.total, 4)
  t.equal(world.files.contents.size, 0)

  const hung = { files: world.files, core: { recordClicks: () => new Promise<void>(() => {}) } }
  const second = await RecordingProcess.start({ source: 'bbbb', pid: 8 }, hung)
  second.count(clickOn('e'))
  let isStopped = false
  const stopping = second.stop().finally(() => {
    isStopped = true
  })
  await second.clock.advance(999)
  t.notOk(isStopped)
  await second.clock.advance(1)
  await stopping
  t.equal(world.files.contents.size, 1, 'it is there for the next start')
})

t.test('files of living processes are left alone, but not those under our own ids', async (t) => {
  const file = (name: string) => ({ name, octets: 1 })
  const left = findLeftBatches(
    [
      file('cccc.2.5.tsv'),
      file('cccc.10.5.tsv'),
      file('cccc.3.5.tsv'),
      file('dddd.1.6.tsv'),
      file('aaaa.1.7.tsv'),
      file('ffff.1.7.tsv'),
      file('ffff.2.8.tsv'),
      file('cccc.4.5.tsv.0fb1c9a4-7b1e-4a68-9f4e-0a3f5e1d2c3b.tmp'),
      file('dddd.2.6.tsv.0fb1c9a4-7b1e-4a68-9f4e-0a3f5e1d2c3b.tmp'),
      file('cccc.5.5.tsv.bad'),
      file('../x.tsv'),
    ],
    { source: 'aaaa', ourPids: new Set([7, 8]), isAlive: (pid) => pid >= 6 },
  )
  t.same(
    left.batches.map(({ name }) => `${name.source} ${name.number}`),
    ['cccc 2', 'cccc 3', 'cccc 10', 'ffff 1', 'ffff 2'],
  )
  t.same(left.unfinished, ['cccc.4.5.tsv.0fb1c9a4-7b1e-4a68-9f4e-0a3f5e1d2c3b.tmp'])
  t.equal(parseBatchName('aaaa.1.tsv'), undefined)
})
