import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import t from 'tap'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { HostnameTable } from './hostname-table.ts'
import { SnapshotFile } from './snapshot-file.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-format.ts'

const NO_CERTIFICATE = { certificate: 'none', mayHoldUntil: undefined } as const

const STATUSES: readonly DomainStatus[] = [
  'pending_verification',
  'verified',
  'active',
  'degraded',
  'suspended',
]

function tableOf(count: number, sequence = 7): HostnameTable {
  const statuses = new Map<Hostname, DomainStatus>()
  for (let index = 0; index < count; index += 1) {
    const hostname = canonicalHostname(`name-${index}.example.com`)
    const status = STATUSES[index % STATUSES.length]
    if (hostname !== undefined && status !== undefined) statuses.set(hostname, status)
  }
  const table = new HostnameTable()
  table.replace({ statuses, sequence, currentAt: 1_234 })
  return table
}

t.test('a table comes back as it was, however many names it has', async (t) => {
  for (const count of [0, 1, 4_999, 5_000, 5_001, 12_345]) {
    const dir = t.testdir({})
    const table = tableOf(count)
    await new SnapshotFile(dir).save(table)
    const { list, problems } = await new SnapshotFile(dir).load()
    t.same(problems, [])
    t.same([list?.sequence, list?.currentAt, list?.statuses.size], [7, 1_234, count])
    t.same([...(list?.statuses ?? [])], [...table.entries()])
  }
})

t.test('a hostname that is deleted and added again during the writing is read once', async (t) => {
  const table = tableOf(20_000)
  const hostname = canonicalHostname('name-2.example.com')
  if (hostname === undefined) throw new Error('not a hostname')
  const entries = () => table.entries()
  const encoded = encodeSnapshot({ sequence: 7, currentAt: 1_234, entries })
  // The first 5,000 lines are written when the call above gives its promise.
  table.apply({ hostname, status: undefined, ...NO_CERTIFICATE })
  table.apply({ hostname, status: 'suspended', ...NO_CERTIFICATE })
  const content = await encoded
  t.equal(content.toString('latin1').split(` ${hostname}\n`).length, 3, 'it has two lines')
  const read = decodeSnapshot(content)
  t.equal(read.ok && read.list.statuses.size, 20_000)
  t.equal(read.ok && read.list.statuses.get(hostname), 'suspended', 'the later one holds')
})

t.test('a table that was never loaded is not written', async (t) => {
  const dir = t.testdir({})
  await new SnapshotFile(dir).save(new HostnameTable())
  t.same(await new SnapshotFile(dir).load(), { list: undefined, problems: [] })
})

t.test('the file is readable by its owner only', async (t) => {
  const file = new SnapshotFile(t.testdir({}))
  await file.save(tableOf(1))
  t.equal((await stat(file.path)).mode & 0o777, 0o600)
})

/** Every way in which a file may be broken, as a change of its octets. */
const DAMAGES: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  'is empty': () => Buffer.alloc(0),
  'is cut in its first line': (content) => content.subarray(0, 10),
  'is cut in its second line': (content) => content.subarray(0, 40),
  'is cut by one octet': (content) => content.subarray(0, -1),
  'is cut in half': (content) => content.subarray(0, content.length / 2),
  'is longer by one octet': (content) => Buffer.concat([content, Buffer.from('x')]),
  'is there twice': (content) => Buffer.concat([content, content]),
  'has one bit changed in a hostname': (content) => {
    const changed = Buffer.from(content)
    changed[changed.length - 5] = (changed[changed.length - 5] ?? 0) ^ 1
    return changed
  },
  'is of a later version': (content) => replaced(content, 'hostnames 1', 'hostnames 2'),
  'claims another number of names': (content) => replaced(content, '"count":3', '"count":4'),
  'claims another checksum': (content) => replaced(content, '"checksum":', '"checksum":1'),
  'has a negative number in its head': (content) =>
    replaced(content, '"sequence":7', '"sequence":-7'),
  'has no JSON in its head': (content) => replaced(content, '{', ''),
  'has null in its head': () => Buffer.from('fingerpost-hostnames 1\nnull\n'),
  'is something else': () => Buffer.from('<html></html>\n\n'),
}

function replaced(content: Buffer, text: string, by: string): Buffer {
  return Buffer.from(content.toString('latin1').replace(text, by), 'latin1')
}

for (const [damage, apply] of Object.entries(DAMAGES)) {
  t.test(`a snapshot that ${damage} is reported, and the one before it is used`, async (t) => {
    const dir = t.testdir({})
    const file = new SnapshotFile(dir)
    await file.save(tableOf(2, 6))
    await file.save(tableOf(3, 7))
    await writeFile(file.path, apply(await readFile(file.path)))

    const { list, problems } = await new SnapshotFile(dir).load()
    t.equal(list?.sequence, 6)
    t.equal(problems.length, 1)
    t.match(problems[0], /hostnames\.snapshot" cannot be used: /)
  })
}

t.test('lines that were never written are refused although the checksum holds', async (t) => {
  const crc = (await import('node:zlib')).crc32
  for (const body of ['x a.example.com\n', 'a a.example.com']) {
    const head = { sequence: 1, current_at: 1, count: 1, octets: body.length, checksum: crc(body) }
    const content = Buffer.from(`fingerpost-hostnames 1\n${JSON.stringify(head)}\n${body}`)
    t.match(decodeSnapshot(content), { ok: false, problem: /hostnames are wrong/ })
  }
})

t.test('a broken file never becomes the previous one', async (t) => {
  const dir = t.testdir({})
  const first = new SnapshotFile(dir)
  await first.save(tableOf(2, 6))
  await first.save(tableOf(3, 7))
  await writeFile(first.path, 'broken')

  const second = new SnapshotFile(dir)
  await second.load()
  await second.save(tableOf(4, 8))
  await rm(second.path)
  t.equal((await new SnapshotFile(dir).load()).list?.sequence, 6)
})

t.test('a file that cannot be read is a problem, not a crash', async (t) => {
  const dir = t.testdir({})
  const file = new SnapshotFile(dir)
  await mkdir(file.path, { recursive: true })
  const { list, problems } = await file.load()
  t.equal(list, undefined)
  t.match(problems[0], /EISDIR/)
})

t.test('two files that are both broken leave nothing, and both are reported', async (t) => {
  const dir = t.testdir({})
  const file = new SnapshotFile(dir)
  await file.save(tableOf(2))
  await file.save(tableOf(2))
  await writeFile(file.path, 'x')
  await writeFile(file.previousPath, 'x')
  const { list, problems } = await new SnapshotFile(dir).load()
  t.equal(list, undefined)
  t.equal(problems.length, 2)
})
