import {
  appendFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseDestination } from '@fingerpost/model/destination'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { parseSlug } from '@fingerpost/model/slug'
import {
  appendDropped,
  readSnapshot,
  writeSnapshot,
  type DroppedEntry,
  type KnownEntry,
} from './snapshot-file.ts'

const OCTETS_MAX = 33_554_432
const WRITTEN_AT = 1_800_000_000_000

t.beforeEach(async (t) => {
  t.context.folder = await mkdtemp(join(tmpdir(), 'fingerpost-edge-'))
  t.context.path = join(t.context.folder, 'edge-snapshot.jsonl')
})
t.afterEach((t) => rm(t.context.folder, { recursive: true }))

async function write(path: string, entries: readonly KnownEntry[], octetsMax = OCTETS_MAX) {
  const isKept = (): boolean => true
  const options = { lineage: 'one', writtenAt: WRITTEN_AT, octetsMax, isKept }
  await writeSnapshot(path, entries, options)
}

t.test('a snapshot is read as it was written, by its owner only', async (t) => {
  const { path } = t.context
  const [domain, ...links] = entriesOf(1_000)
  await write(path, [domainOf(), ...links])
  t.not(domain, undefined)
  const read = await readSnapshot(path, OCTETS_MAX)
  t.match(read, { lineage: 'one', writtenAt: WRITTEN_AT, damagedCount: 0, problem: undefined })
  t.same(read.domains, [domainOf()])
  t.same(read.links, links)
  t.equal((await stat(path)).mode & 0o777, 0o600)
})

t.test('what a change took away is not read again', async (t) => {
  const { path } = t.context
  await write(path, entriesOf(3))
  t.equal(await appendDropped(path, [droppedOf('slug-1'), droppedOf('slug-0')]), undefined)
  t.same(slugsOf(await readSnapshot(path, OCTETS_MAX)), ['slug-2'])
  t.equal(await appendDropped(path, [droppedOf(undefined)]), undefined)
  const read = await readSnapshot(path, OCTETS_MAX)
  t.same([read.domains, read.links], [[], []], 'no domain, so no link')
})

t.test('where a change cannot be noted, the snapshot goes', async (t) => {
  const { path } = t.context
  t.match(await appendDropped(path, [droppedOf('slug-1')]), { cause: { code: 'ENOENT' } })
  t.same(await readSnapshot(path, OCTETS_MAX), await readSnapshot(`${path}.none`, OCTETS_MAX))
})

t.test('damaged lines are left out and counted', async (t) => {
  const { path } = t.context
  await write(path, entriesOf(5))
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('/destination/3', '/destination/4').replace('slug-1', 'slug'))
  const read = await readSnapshot(path, OCTETS_MAX)
  t.same(slugsOf(read), ['slug-0', 'slug-2', 'slug-4'])
  t.match(read, { damagedCount: 2, problem: undefined })
})

t.test('a file that is cut short is noticed, and what is whole is used', async (t) => {
  const { path } = t.context
  await write(path, entriesOf(5))
  const { size } = await stat(path)
  await truncate(path, size - 200)
  const read = await readSnapshot(path, OCTETS_MAX)
  t.match(read, { damagedCount: 1, problem: 'it is not whole' })
  t.same(slugsOf(read), ['slug-0', 'slug-1', 'slug-2', 'slug-3'])
})

t.test('a link of another domain than the one in the file is left out', async (t) => {
  const { path } = t.context
  const [domain, first, second] = entriesOf(2)
  if (domain === undefined || first?.kind !== 'link' || second === undefined)
    throw new Error('None')
  await write(path, [domain, { ...first, domainId: 'dom_2' }, second])
  t.same(slugsOf(await readSnapshot(path, OCTETS_MAX)), ['slug-1'])
})

const UNUSABLE: Readonly<Record<string, string>> = {
  'an empty file': '',
  'another format': '{"format":"something-else","version":1}\n',
  'an unknown version': '{"format":"fingerpost-edge-snapshot","version":2}\n{"crc32":"',
  'no text at all': '\0\0\0\0\n\n\u{fffd}',
}
for (const [what, content] of Object.entries(UNUSABLE)) {
  t.test(`${what} is no snapshot, and no failure`, async (t) => {
    const { path } = t.context
    await writeFile(path, content)
    const read = await readSnapshot(path, OCTETS_MAX)
    t.match(read, { domains: [], links: [], problem: 'its format is not known' })
  })
}

t.test('what is too large, or no file, is no failure', async (t) => {
  const { path } = t.context
  await write(path, entriesOf(5))
  t.match(await readSnapshot(path, 100), {
    links: [],
    problem: /^it has \d+ octets, more than 100$/,
  })
  await mkdir(`${path}.folder`)
  t.match(await readSnapshot(`${path}.folder`, OCTETS_MAX), { links: [], problem: /EISDIR/ })
})

t.test('what does not fit is left out, the first entries not', async (t) => {
  const { path } = t.context
  await write(path, entriesOf(1_000), 150_000)
  const read = await readSnapshot(path, OCTETS_MAX)
  t.ok((await stat(path)).size < 151_000)
  t.match(read, { damagedCount: 0, problem: undefined })
  t.same(slugsOf(read).slice(0, 2), ['slug-0', 'slug-1'])
  t.ok(read.links.length < 1_000)
})

t.test('10,000 links are read well within a second, and written bit by bit', async (t) => {
  const { path } = t.context
  const entries = entriesOf(10_000)
  let [lastMs, longestMs] = [performance.now(), 0]
  const isKept = (): boolean => {
    const nowMs = performance.now()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
    return true
  }
  const options = { lineage: 'one', writtenAt: WRITTEN_AT, octetsMax: OCTETS_MAX, isKept }
  await writeSnapshot(path, entries, options)
  const startedMs = performance.now()
  const read = await readSnapshot(path, OCTETS_MAX)
  const tookMs = performance.now() - startedMs
  t.equal(read.links.length, 10_000)
  t.ok(tookMs < 1_000, `read in ${Math.round(tookMs)} ms`)
  t.comment(`read in ${Math.round(tookMs)} ms, ${longestMs.toFixed(1)} ms for a part at most`)
})

t.test('lines that others appended change nothing', async (t) => {
  const { path } = t.context
  await write(path, entriesOf(2))
  await appendFile(path, '\n\n{"crc32":"00000000","entry":{}}\nnothing\n')
  t.match(await readSnapshot(path, OCTETS_MAX), { damagedCount: 2, links: { length: 2 } })
})

function slugsOf(read: Awaited<ReturnType<typeof readSnapshot>>): readonly string[] {
  return read.links.map(({ link }) => link.slug)
}

function hostnameOf() {
  const hostname = canonicalHostname('links.example.com')
  if (hostname === undefined) throw new Error('Not canonical')
  return hostname
}

function slugOf(text: string) {
  const parsed = parseSlug(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.slug
}

function droppedOf(slug: string | undefined): DroppedEntry {
  return { kind: 'dropped', hostname: hostnameOf(), slug: slug === undefined ? slug : slugOf(slug) }
}

function domainOf(): KnownEntry {
  const domain = {
    id: 'dom_1',
    workspaceId: 'ws_1',
    hostname: hostnameOf(),
    status: 'active',
    rootUrl: undefined,
    notFoundUrl: undefined,
    redirectsTo: undefined,
    honoursPrivacySignals: false,
    version: 1,
  } as const
  return { kind: 'domain', domain, sequence: 7, confirmedAt: WRITTEN_AT }
}

/** Gives a domain and its links. */
function entriesOf(linkCount: number): readonly KnownEntry[] {
  const links = Array.from({ length: linkCount }, (_, index): KnownEntry => {
    const parsed = parseDestination(`https://example.com/destination/${index}`)
    if (!parsed.ok) throw new Error(parsed.message)
    const link = {
      id: `lnk_${index}`,
      slug: slugOf(`slug-${index}`),
      destination: parsed.destination,
      redirectStatus: 302,
      expiresAt: undefined,
      isDisabled: false,
      version: 1,
    } as const
    const said = { sequence: 8, confirmedAt: WRITTEN_AT }
    return { kind: 'link', hostname: hostnameOf(), domainId: 'dom_1', link, ...said }
  })
  return [domainOf(), ...links]
}
