import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { createLogger } from '@fingerpost/chassis/logger'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { parseSlug } from '@fingerpost/model/slug'
import t from 'tap'
import { formatBatch } from '../src/clicks/click-batch-format.ts'
import type { Said } from '../src/clicks/said.ts'
import { startClicks, type ClicksConfig } from '../src/clicks/start-clicks.ts'
import { readEdgeConfig } from '../src/config.ts'
import { EdgeMetrics } from '../src/metrics.ts'
import { clickOn } from './support/click-scene.ts'
import { geoIpFile } from './support/geoip-file.ts'

const NOW = 1_800_000_000_000
/** How long a busy disk may take. */
const WITHIN_MS = 10_000
const SAID: Said = {
  method: 'GET',
  userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  referer: 'https://www.example.org/',
  dnt: undefined,
  secGpc: undefined,
  purpose: undefined,
  forwardedFor: '192.0.2.77',
  country: undefined,
  peerAddress: () => '127.0.0.1',
}

async function sceneOf(dataDir: string, settings: Record<string, string> = {}) {
  const clock = new FakeClock(NOW)
  const core = new FakeCore({ now: () => clock.now() })
  core.givenDomain({ hostname: 'links.acme.com', status: 'active' })
  core.givenLink({ hostname: 'links.acme.com', slug: 'a', destination: 'https://example.com/' })
  const hostname = canonicalHostname('links.acme.com')
  const slug = parseSlug('a')
  if (hostname === undefined || !slug.ok) throw new Error('both are usable')
  const { domain, link } = await core.lookupLink({ hostname, slug: slug.slug })
  if (domain === undefined || link === undefined) throw new Error('both were given')
  const lines: string[] = []
  const log = createLogger('edge', 'info', { write: (line) => lines.push(line) })
  const metrics = new EdgeMetrics()
  const config: ClicksConfig = readEdgeConfig({ FINGERPOST_DATA_DIR: dataDir, ...settings })
  const start = () => startClicks(config, { core, clock, log, metrics })
  const logged = () => lines.join('\n')
  return { clock, core, domain, link, lines, logged, metrics, start }
}

/** Lets time go on until something is true; the disk takes its own time meanwhile. */
async function advanceUntil(clock: FakeClock, isTrue: () => boolean): Promise<void> {
  const until = Date.now() + WITHIN_MS
  while (!isTrue() && Date.now() < until) {
    await clock.advance(100)
    await setImmediate()
  }
  if (!isTrue()) throw new Error('it did not become true')
}

t.test('a click reaches core with its dimensions, and no address is written', async (t) => {
  const dataDir = t.testdir({ 'geo.mmdb': '' })
  await writeFile(join(dataDir, 'geo.mmdb'), geoIpFile('SE'))
  const scene = await sceneOf(dataDir, { EDGE_GEOIP_FILE: join(dataDir, 'geo.mmdb') })
  const { core, clock } = scene
  core.down()
  const clicks = await scene.start()
  for (let click = 0; click < 3; click += 1)
    clicks.count(scene.domain, scene.link, SAID, { tally: undefined })
  await advanceUntil(clock, () => core.calls.recordClicks > 0)
  const [file = ''] = await readdir(join(dataDir, 'clicks'))
  t.match(file, new RegExp(`^[0-9a-f-]{36}\\.1\\.${process.pid}\\.tsv$`))
  t.equal((await stat(join(dataDir, 'clicks', file))).mode & 0o777, 0o600)
  const { text } = await scene.metrics.all.scrape()
  t.match(text, /^fingerpost_edge_clicks_counted_total\{visitor="bot"\} 3$/m)
  t.match(text, /^fingerpost_edge_clicks_dropped_total\{reason="spool_full"\} 0$/m)
  t.match(text, /^fingerpost_edge_click_batches_waiting 1$/m)
  core.up()
  await advanceUntil(clock, () => core.clickBatches.length > 0)
  t.match(core.clickBatches[0]?.clicks, [
    {
      workspaceId: scene.domain.workspaceId,
      linkId: scene.link.id,
      hour: NOW - (NOW % 3_600_000),
      visitor: 'bot',
      device: 'other',
      referrer: 'example.org',
      country: 'SE',
      count: 3,
    },
  ])
  await clicks[Symbol.asyncDispose]()
  t.same(await readdir(join(dataDir, 'clicks')), [])
  t.notMatch(scene.logged(), /192\.0\.2\.77|Googlebot/)
})

t.test('a stop leaves on the disk what core does not take, the next start sends it', async (t) => {
  const dataDir = t.testdir()
  const scene = await sceneOf(dataDir)
  const { core, clock } = scene
  core.down()
  const clicks = await scene.start()
  clicks.count(scene.domain, scene.link, SAID, { tally: undefined })
  await clicks[Symbol.asyncDispose]()
  t.equal((await readdir(join(dataDir, 'clicks'))).length, 1)
  core.up()
  const after = await sceneOf(dataDir)
  const again = await after.start()
  await advanceUntil(clock, () => after.core.clickBatches.length === 1)
  t.match(after.logged(), /clicks of an earlier process found/)
  await again[Symbol.asyncDispose]()
})

t.test('a folder that cannot be used is told, and clicks are counted all the same', async (t) => {
  const dataDir = t.testdir({ clicks: 'a file, no folder' })
  const scene = await sceneOf(dataDir)
  const clicks = await scene.start()
  clicks.count(scene.domain, scene.link, SAID, { tally: undefined })
  await advanceUntil(scene.clock, () => scene.core.clickBatches.length > 0)
  t.match(scene.logged(), /clicks of earlier processes cannot be looked for/)
  t.match(scene.logged(), /clicks cannot be written to the disk, kept in memory/)
  await clicks[Symbol.asyncDispose]()
})

t.test('files of a process that runs are left to it, damaged ones are set aside', async (t) => {
  const dataDir = t.testdir()
  const folder = join(dataDir, 'clicks')
  await mkdir(folder)
  const content = formatBatch({ source: 'aaaa', number: 1, clicks: [clickOn('lnk_9')] })
  await writeFile(join(folder, `aaaa.1.${process.ppid}.tsv`), content)
  await writeFile(join(folder, `bbbb.1.${process.pid}.tsv`), content)
  const scene = await sceneOf(dataDir)
  const clicks = await scene.start()
  await advanceUntil(scene.clock, () => scene.logged().includes('set aside'))
  await clicks[Symbol.asyncDispose]()
  t.same(scene.core.clickBatches, [])
  t.same((await readdir(folder)).toSorted(), [
    `aaaa.1.${process.ppid}.tsv`,
    `bbbb.1.${process.pid}.tsv.bad`,
  ])
})

t.test('a clock that was set forward takes no files away from a process that runs', async (t) => {
  const dataDir = t.testdir()
  const name = `aaaa.1.${process.ppid}.tsv`
  await mkdir(join(dataDir, 'clicks'))
  const content = formatBatch({ source: 'aaaa', number: 1, clicks: [clickOn('lnk_9')] })
  await writeFile(join(dataDir, 'clicks', name), content)
  // Why: it now looks written before the boot, as files do when the clock is set forward.
  await utimes(join(dataDir, 'clicks', name), 1, 1)
  const scene = await sceneOf(dataDir)
  const clicks = await scene.start()
  await clicks[Symbol.asyncDispose]()
  t.same(await readdir(join(dataDir, 'clicks')), [name])
})

t.test('EDGE_CLICKS=off still sends what an earlier process left', async (t) => {
  const dataDir = t.testdir()
  await mkdir(join(dataDir, 'clicks'))
  const content = formatBatch({ source: 'aaaa', number: 1, clicks: [clickOn('lnk_9')] })
  await writeFile(join(dataDir, 'clicks', `aaaa.1.${process.pid}.tsv`), content)
  const scene = await sceneOf(dataDir, { EDGE_CLICKS: 'off' })
  await using clicks = await scene.start()
  clicks.count(scene.domain, scene.link, SAID, { tally: undefined })
  await advanceUntil(scene.clock, () => scene.core.clickBatches.length > 0)
  t.match(scene.core.clickBatches, [{ source: 'aaaa', number: 1 }])
  t.equal(scene.core.calls.recordClicks, 1)
})

t.test('EDGE_CLICKS=off counts nothing', async (t) => {
  const scene = await sceneOf(t.testdir(), { EDGE_CLICKS: 'off' })
  await using clicks = await scene.start()
  clicks.count(scene.domain, scene.link, SAID, { tally: undefined })
  await scene.clock.advance(5_000)
  t.equal(scene.core.calls.recordClicks, 0)
  t.notMatch((await scene.metrics.all.scrape()).text, /clicks/)
})
