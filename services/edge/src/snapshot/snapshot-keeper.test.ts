import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { createLogger } from '@fingerpost/chassis/logger'
import { parseDestination } from '@fingerpost/model/destination'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { parseSlug } from '@fingerpost/model/slug'
import { until } from '../../test/support/test-edge.ts'
import type { KeptEntries, KeptLink } from '../lookup/link-cache.ts'
import { SnapshotKeeper } from './snapshot-keeper.ts'

const HOUR_MS = 3_600_000
const START = 1_800_000_000_000
const LIMITS = { entriesMax: 10, octetsMax: 1_048_576, intervalMs: 60_000, noteMs: 250 }
const HOSTNAME = hostnameOf('links.example.com')

function keeperIn(path: string, clock: FakeClock) {
  const lookup = {
    lineage: 'one' as string | undefined,
    kept: keptOf(['a', 'b']),
    restored: undefined as KeptEntries | undefined,
    hottest: () => lookup.kept,
    restoredLineage: undefined as string | undefined,
    restore: (entries: KeptEntries, lineage: string | undefined) => {
      lookup.restored = entries
      lookup.restoredLineage = lineage
    },
  }
  const state = { isLead: true }
  const lines: string[] = []
  const keeper = new SnapshotKeeper(path, LIMITS, {
    lookup,
    clock,
    uptimeMs: () => clock.now() - START + 5_000,
    random: () => 1,
    log: createLogger('edge', 'info', { write: (line) => lines.push(line) }),
    isLead: () => state.isLead,
  })
  return { keeper, lookup, state, lines }
}

async function keep(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'fingerpost-edge-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'edge-snapshot.jsonl')
  const clock = new FakeClock(START)
  const scene = keeperIn(path, clock)
  const stop = new AbortController()
  const keeping = scene.keeper.keep(stop.signal)
  const restored = async () => {
    const other = keeperIn(path, clock)
    await other.keeper.load(HOUR_MS)
    return other.lookup.restored
  }
  const slugs = async () => (await restored())?.links.map(({ link }) => String(link.slug)) ?? []
  const isIdle = () => clock.sleepers === 1
  await until(isIdle)
  return {
    ...scene,
    path,
    clock,
    slugs,
    restored,
    /** Lets time pass, and the file be written. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += LIMITS.noteMs) {
        await clock.advance(LIMITS.noteMs)
        await until(isIdle)
      }
    },
    idle: () => until(isIdle),
    stop: async () => {
      stop.abort()
      await keeping
    },
  }
}

t.test('a file is written at once, then when something changed, each interval', async (t) => {
  const { path, lookup, slugs, pass, stop, keeper } = await keep(t)
  t.same(await slugs(), ['a', 'b'])
  const { ino } = await stat(path)
  await pass(60_000)
  t.equal((await stat(path)).ino, ino, 'nothing changed')
  t.equal(keeper.ageMs, 0)
  lookup.kept = keptOf(['c', 'a'])
  await pass(59_750)
  t.same(await slugs(), ['a', 'b'])
  await pass(250)
  t.same(await slugs(), ['c', 'a'])
  t.equal(keeper.linkCount, 2)
  lookup.kept = keptOf(['d'])
  await stop()
  t.same(await slugs(), ['d'], 'and at the end')
})

t.test('what a change takes away is noted, what the file has seen is not', async (t) => {
  const { keeper, slugs, pass, path, stop } = await keep(t)
  const change = { committedAt: 0, hostname: HOSTNAME } as const
  keeper.note({ kind: 'link_changed', sequence: 7, slug: slugOf('a'), ...change })
  keeper.note({ kind: 'link_changed', sequence: 8, slug: slugOf('x'), ...change })
  keeper.note({ kind: 'heartbeat', sequence: 8, lineage: 'one' })
  await pass(250)
  t.same(await slugs(), ['a', 'b'], 'the file had seen change 7')
  keeper.note({ kind: 'link_changed', sequence: 9, slug: slugOf('a'), ...change })
  keeper.note({ kind: 'link_changed', sequence: 10, slug: slugOf('a'), ...change })
  await pass(250)
  t.same(await slugs(), ['b'])
  t.equal((await readFile(path, 'utf8')).split('"dropped"').length, 2, 'once')
  keeper.note({
    kind: 'hostname_changed',
    sequence: 11,
    status: 'suspended',
    certificate: 'none',
    mayHoldUntil: undefined,
    ...change,
  })
  await pass(250)
  t.same(await slugs(), [])
  await stop()
})

t.test('changes of another history count, however low they are', async (t) => {
  const { keeper, lookup, slugs, pass, stop } = await keep(t)
  lookup.lineage = 'two'
  const change = { kind: 'link_changed', sequence: 1, committedAt: 0, hostname: HOSTNAME } as const
  keeper.note({ ...change, slug: slugOf('a') })
  await pass(250)
  t.same(await slugs(), ['b'])
  await stop()
})

t.test('a start without core keeps the history that the file belongs to', async (t) => {
  const { path, clock, stop } = await keep(t)
  await stop()
  const alone = keeperIn(path, clock)
  await alone.keeper.load(HOUR_MS)
  alone.lookup.lineage = undefined
  alone.lookup.kept = keptOf(['c'])
  const stopped = AbortSignal.abort()
  await alone.keeper.keep(stopped)
  t.equal(alone.keeper.lineage, 'one')
  const next = keeperIn(path, clock)
  await next.keeper.load(HOUR_MS)
  t.match(next.lookup.restored?.links, [{ link: { slug: 'c' } }])
  t.equal(next.lookup.restoredLineage, 'one')
})

t.test('changes that go back count, though nobody calls the history another one', async (t) => {
  const { keeper, lookup, slugs, pass, stop } = await keep(t)
  const change = { kind: 'link_changed', committedAt: 0, hostname: HOSTNAME } as const
  keeper.note({ ...change, sequence: 9, slug: slugOf('x') })
  lookup.lineage = undefined
  keeper.note({ ...change, sequence: 3, slug: slugOf('a') })
  await pass(250)
  t.same(await slugs(), ['b'])
  await stop()
})

t.test('a change while the file is being written counts for the new one', async (t) => {
  const { keeper, lookup, slugs, clock, pass, idle, stop } = await keep(t)
  lookup.kept = keptOf(['a', 'b', 'c'])
  const change = { kind: 'link_changed', committedAt: 0, hostname: HOSTNAME } as const
  await pass(59_750)
  await clock.advance(250)
  t.equal(clock.sleepers, 0, 'it is being written')
  keeper.note({ ...change, sequence: 9, slug: slugOf('c') })
  await idle()
  await pass(250)
  t.same(await slugs(), ['a', 'b'])
  await stop()
})

t.test('only the process that leads writes, and does so as soon as it leads', async (t) => {
  const { lookup, state, slugs, pass, stop } = await keep(t)
  state.isLead = false
  await pass(250)
  lookup.kept = keptOf(['c'])
  await pass(120_000)
  t.same(await slugs(), ['a', 'b'])
  state.isLead = true
  await pass(250)
  t.same(await slugs(), ['c'])
  state.isLead = false
  lookup.kept = keptOf(['d'])
  await stop()
  t.same(await slugs(), ['c'])
})

t.test('ages survive a restart, and what is too old does not', async (t) => {
  const { restored, clock, stop } = await keep(t)
  await stop()
  const [link] = (await restored())?.links ?? []
  t.equal(link?.confirmedAtMs, 4_000, 'a second before the start')
  await clock.advance(HOUR_MS - 1_001)
  t.equal((await restored())?.links.length, 2)
  await clock.advance(1)
  t.equal((await restored())?.links.length, 0)
})

t.test('a file that cannot be written is told, and tried again each interval', async (t) => {
  const { lookup, lines, path, pass, slugs, stop } = await keep(t)
  const folder = join(path, '..')
  await rm(folder, { recursive: true })
  await writeFile(folder, '')
  lookup.kept = keptOf(['c'])
  await pass(60_000)
  await pass(60_000)
  t.equal(lines.filter((line) => line.includes('snapshot could not be written')).length, 2)
  await rm(folder)
  await pass(60_000)
  t.same(await slugs(), ['c'])
  await stop()
})

function keptOf(slugs: readonly string[]): KeptEntries {
  const domain = {
    id: 'dom_1',
    workspaceId: 'ws_1',
    hostname: HOSTNAME,
    status: 'active',
    rootUrl: undefined,
    notFoundUrl: undefined,
    redirectsTo: undefined,
    honoursPrivacySignals: false,
    version: 1,
  } as const
  return {
    domains: [{ domain, sequence: 7, confirmedAtMs: 4_000 }],
    links: slugs.map((slug) => linkOf(slug)),
  }
}

const links = new Map<string, KeptLink>()

function linkOf(text: string): KeptLink {
  const present = links.get(text)
  if (present !== undefined) return present
  const parsed = parseDestination(`https://example.com/${text}`)
  if (!parsed.ok) throw new Error(parsed.message)
  const link = {
    id: `lnk_${text}`,
    slug: slugOf(text),
    destination: parsed.destination,
    redirectStatus: 302,
    expiresAt: undefined,
    isDisabled: false,
    version: 1,
  } as const
  const said = { sequence: 7, confirmedAtMs: 4_000 }
  const kept = { hostname: HOSTNAME, domainId: 'dom_1', link, ...said }
  links.set(text, kept)
  return kept
}

function hostnameOf(text: string) {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error('Not canonical')
  return hostname
}

function slugOf(text: string) {
  const parsed = parseSlug(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.slug
}
