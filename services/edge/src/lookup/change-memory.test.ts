import t from 'tap'
import type { Change, LinkLookup, LinkTarget } from '@fingerpost/contract/core-api'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { parseSlug } from '@fingerpost/model/slug'
import { ChangeMemory } from './change-memory.ts'

function target(text: string, name = 'links.example.com'): LinkTarget {
  const hostname = canonicalHostname(name)
  const slug = parseSlug(text)
  if (hostname === undefined || !slug.ok) throw new Error(`${name}/${text}`)
  return { hostname, slug: slug.slug }
}

function answer(sequence: number, lineage = 'one'): LinkLookup {
  return { sequence, lineage, domain: undefined, link: undefined }
}

function linkChanged(sequence: number, of: LinkTarget): Change {
  return { kind: 'link_changed', sequence, committedAt: 0, ...of }
}

function hostnameChanged(sequence: number, { hostname }: LinkTarget): Change {
  const certificate = { certificate: 'none', mayHoldUntil: undefined } as const
  return {
    kind: 'hostname_changed',
    sequence,
    committedAt: 0,
    hostname,
    status: 'active',
    ...certificate,
  }
}

function heartbeat(sequence: number, lineage = 'one'): Change {
  return { kind: 'heartbeat', sequence, lineage }
}

function reset(sequence: number, lineage = 'one'): Change {
  return { kind: 'reset', sequence, lineage }
}

/** The first sequence from which on answers count; 100: none. */
function firstSeen(memory: ChangeMemory, of: LinkTarget, lineage = 'one'): number {
  for (let sequence = 0; sequence < 100; sequence += 1) {
    if (memory.hasSeen(answer(sequence, lineage), of)) return sequence
  }
  return 100
}

const A = target('a')
const B = target('b')
const OTHER = target('a', 'other.example.com')

const SEEN: readonly (readonly [name: string, changes: readonly Change[], a: number, b: number])[] =
  [
    ['nothing applied', [], 0, 0],
    ['a link changed', [linkChanged(5, A)], 5, 0],
    ['its hostname changed', [hostnameChanged(5, A)], 5, 5],
    ['first the link, then the hostname', [linkChanged(5, A), hostnameChanged(6, A)], 6, 6],
    ['first the hostname, then the link', [hostnameChanged(5, A), linkChanged(6, A)], 6, 5],
    ['the same link twice', [linkChanged(5, A), linkChanged(7, A)], 7, 0],
    ['another hostname', [hostnameChanged(5, OTHER), linkChanged(6, OTHER)], 0, 0],
    ['a heartbeat', [heartbeat(9)], 0, 0],
    ['a reset', [linkChanged(5, A), reset(9)], 9, 9],
    ['a reset to an earlier place', [linkChanged(5, A), reset(3)], 3, 3],
    ['a change after a reset', [reset(9), linkChanged(10, A)], 10, 9],
    ['going back without a reset', [linkChanged(5, A), linkChanged(3, B)], 3, 3],
  ]
for (const [name, changes, a, b] of SEEN) {
  t.test(`an answer has seen the changes of its target: ${name}`, async (t) => {
    const memory = new ChangeMemory(18)
    for (const change of changes) memory.apply(change)
    t.equal(firstSeen(memory, A), a)
    t.equal(firstSeen(memory, B), b)
  })
}

t.test('with one slot for all names answers look older than they are, never newer', async (t) => {
  const memory = new ChangeMemory(0)
  memory.apply(linkChanged(5, OTHER))
  t.equal(firstSeen(memory, A), 5)
})

t.test('names are spread over the slots', async (t) => {
  const memory = new ChangeMemory(12)
  for (let count = 0; count < 400; count += 1) memory.apply(linkChanged(count, target(`s${count}`)))
  let touched = 0
  for (let count = 0; count < 1_000; count += 1) {
    if (firstSeen(memory, target(`t${count}`, 'quiet.example.com')) > 0) touched += 1
  }
  // 400 of 4,096 slots are taken, and the slot of the one hostname is not.
  t.ok(touched > 50 && touched < 150, `${touched} of 1,000`)
})

t.test('an answer of another history never counts once the history is known', async (t) => {
  const memory = new ChangeMemory(8)
  t.ok(memory.hasSeen(answer(5, 'two'), A))
  memory.apply(heartbeat(5))
  t.equal(memory.lineage, 'one')
  t.notOk(memory.hasSeen(answer(5, 'two'), A))
  t.ok(memory.hasSeen(answer(5), A))
})

const STARTS_OVER: readonly (readonly [name: string, changes: readonly Change[], is: boolean])[] = [
  ['the next change', [linkChanged(4, A), linkChanged(5, A)], false],
  ['a heartbeat at the same place', [linkChanged(4, A), heartbeat(4)], false],
  ['a reset', [reset(4)], true],
  ['a change that goes back', [linkChanged(4, A), linkChanged(3, A)], true],
  ['a heartbeat that goes back', [heartbeat(4), heartbeat(3)], true],
  ['a heartbeat of another history', [heartbeat(4), heartbeat(5, 'two')], true],
  ['a heartbeat that names no history', [heartbeat(4), heartbeat(5, '')], false],
]
for (const [name, changes, is] of STARTS_OVER) {
  t.test(`${name} ${is ? 'starts over' : 'goes on'}`, async (t) => {
    const memory = new ChangeMemory(8)
    t.equal(changes.map((change) => memory.apply(change)).at(-1), is)
  })
}

const VERIFIES: readonly (readonly [name: string, changes: readonly Change[], can: boolean])[] = [
  ['nothing was told yet', [], true],
  ['changes came, and no history yet', [linkChanged(4, A)], true],
  ['the history is known', [heartbeat(4)], true],
  ['a reset named the history', [reset(4)], true],
  ['a reset named none', [heartbeat(3), reset(4, '')], false],
  ['a heartbeat named it afterwards', [reset(4, ''), heartbeat(4)], true],
  ['it went back without a word', [heartbeat(4), linkChanged(3, A), heartbeat(3)], false],
  ['it went back, then became another', [heartbeat(4), linkChanged(3, A), reset(3, 'two')], true],
]
for (const [name, changes, can] of VERIFIES) {
  t.test(`kept answers ${can ? 'can' : 'cannot'} be verified: ${name}`, async (t) => {
    const memory = new ChangeMemory(8)
    for (const change of changes) memory.apply(change)
    t.equal(memory.canVerify, can)
  })
}

const KEPT: readonly (readonly [name: string, kept: readonly string[], is: boolean])[] = [
  ['the history that is told', ['one'], false],
  ['another history', ['two'], true],
  ['two histories, the last of them told', ['two', 'one'], true],
]
for (const [name, kept, is] of KEPT) {
  t.test(`what was kept before a history was told ${is ? 'goes' : 'stays'}: ${name}`, async (t) => {
    const memory = new ChangeMemory(8)
    for (const lineage of kept) memory.noteKept(answer(3, lineage))
    t.equal(memory.lineage, kept.at(-1))
    t.equal(memory.apply(linkChanged(4, A)), false)
    t.equal(memory.apply(heartbeat(4)), is)
    t.equal(memory.lineage, 'one')
    memory.noteKept(answer(4, 'two'))
    t.equal(memory.apply(heartbeat(4)), false, 'only what was kept before counts')
  })
}
