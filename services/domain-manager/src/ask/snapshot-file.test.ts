import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import t from 'tap'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { CERTIFICATE_STATUSES } from '@fingerpost/model/certificate'
import { emptyList, listOf, name } from '../../test/hostname-list.ts'
import type { KnownHostname } from './compact-hostnames.ts'
import { HostnameTable } from './hostname-table.ts'
import { SnapshotFile } from './snapshot-file.ts'
import { decodeSnapshot, snapshotChunks } from './snapshot-format.ts'

const NO_CERTIFICATE = { certificate: 'none', mayHoldUntil: undefined } as const

function knownAs(index: number): KnownHostname {
  return {
    status: DOMAIN_STATUS_NAMES[index % DOMAIN_STATUS_NAMES.length] ?? 'active',
    certificate: CERTIFICATE_STATUSES[index % CERTIFICATE_STATUSES.length] ?? 'none',
    mayHoldUntil: index % 3 === 0 ? undefined : 1_790_000_000_000 + index * 1_000,
  }
}

function tableOf(count: number, sequence = 7): HostnameTable {
  const { hostnames } = listOf({})
  for (let index = 0; index < count; index += 1) {
    hostnames.set(name(`name-${index}.example.com`), knownAs(index))
  }
  const table = new HostnameTable(7)
  table.replace({ hostnames, sequence, currentAt: 1_234 })
  return table
}

t.test('a table comes back as it was, however many names it has', async (t) => {
  for (const count of [0, 1, 999, 1_000, 1_001, 12_345]) {
    const dir = t.testdir({})
    const table = tableOf(count)
    await new SnapshotFile(dir).save(table)
    const { list, problems } = await new SnapshotFile(dir).load(emptyList)
    t.same(problems, [])
    t.same([list?.sequence, list?.currentAt, list?.hostnames.size], [7, 1_234, count])
    t.strictSame([...(list?.hostnames.entries() ?? [])], [...table.entries()])
  }
})

t.test('a hostname that is deleted and added again during the writing is read once', async (t) => {
  const table = tableOf(20_000)
  const hostname = name('name-2.example.com')
  const entries = () => table.entries()
  const chunks = snapshotChunks({ sequence: 7, currentAt: 1_234, entries })
  let text = ''
  const first = chunks.next()
  if (first.done !== true) text = first.value.toString('latin1')
  table.apply({ hostname, status: undefined, ...NO_CERTIFICATE })
  table.apply({ hostname, status: 'suspended', ...NO_CERTIFICATE })
  for (const chunk of chunks) text += chunk.toString('latin1')
  t.equal(text.split(` ${hostname}\n`).length, 2, 'it has one line')
})

t.test('a snapshot of the first version is read', async (t) => {
  const { crc32 } = await import('node:zlib')
  const body = 'a a.example.com\ns b.example.com\n'
  const facts = { sequence: 9, current_at: 5, count: 2, octets: body.length, checksum: crc32(body) }
  const content = `fingerpost-hostnames 1\n${JSON.stringify(facts)}\n${body}`
  const read = decodeSnapshot(Buffer.from(content), emptyList)
  t.strictSame(read.ok && [...read.list.hostnames.entries()], [
    ['a.example.com', { status: 'active', ...NO_CERTIFICATE }],
    ['b.example.com', { status: 'suspended', ...NO_CERTIFICATE }],
  ])
})

t.test('a table that was never loaded is not written', async (t) => {
  const dir = t.testdir({})
  await new SnapshotFile(dir).save(new HostnameTable(7))
  t.same(await new SnapshotFile(dir).load(emptyList), { list: undefined, problems: [] })
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
  'is of a later version': (content) => replaced(content, 'hostnames 2', 'hostnames 3'),
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

    const { list, problems } = await new SnapshotFile(dir).load(emptyList)
    t.equal(list?.sequence, 6)
    t.equal(problems.length, 1)
    t.match(problems[0], /hostnames\.snapshot" cannot be used: /)
  })
}

t.test('lines that were never written are refused although the checksum holds', async (t) => {
  const crc = (await import('node:zlib')).crc32
  const bodies = [
    'x a.example.com\n',
    'a a.example.com',
    'ax a.example.com\n',
    'an! a.example.com\n',
    'a\n',
  ]
  for (const body of bodies) {
    const head = { sequence: 1, current_at: 1, count: 1, octets: body.length, checksum: crc(body) }
    const content = Buffer.from(`fingerpost-hostnames 1\n${JSON.stringify(head)}\n${body}`)
    t.match(decodeSnapshot(content, emptyList), { ok: false, problem: /hostnames are wrong/ })
  }
})

t.test('a broken file never becomes the previous one', async (t) => {
  const dir = t.testdir({})
  const first = new SnapshotFile(dir)
  await first.save(tableOf(2, 6))
  await first.save(tableOf(3, 7))
  await writeFile(first.path, 'broken')

  const second = new SnapshotFile(dir)
  await second.load(emptyList)
  await second.save(tableOf(4, 8))
  await rm(second.path)
  t.equal((await new SnapshotFile(dir).load(emptyList)).list?.sequence, 6)
})

t.test('a file that cannot be read is a problem, not a crash', async (t) => {
  const dir = t.testdir({})
  const file = new SnapshotFile(dir)
  await mkdir(file.path, { recursive: true })
  const { list, problems } = await file.load(emptyList)
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
  const { list, problems } = await new SnapshotFile(dir).load(emptyList)
  t.equal(list, undefined)
  t.equal(problems.length, 2)
})
