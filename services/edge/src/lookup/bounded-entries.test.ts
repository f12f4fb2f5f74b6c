import t from 'tap'
import { BoundedEntries, type Entry } from './bounded-entries.ts'

const entry = (value: string | undefined, sequence: number, generation = 0): Entry<string> => ({
  value,
  sequence,
  generation,
  confirmedAtMs: 0,
})

function entries(): BoundedEntries<Entry<string>> {
  const octetsOf = (): number => 1
  return new BoundedEntries({ presentMax: 2, octetsMax: 2, absentMax: 2, octetsOf })
}

const REPLACEMENTS = [
  { when: 'newer', next: entry('new', 6), isReplaced: true },
  { when: 'as new', next: entry('new', 5), isReplaced: true },
  { when: 'older', next: entry('new', 4), isReplaced: false },
  { when: 'older, and absent', next: entry(undefined, 4), isReplaced: false },
  { when: 'newer, and absent', next: entry(undefined, 6), isReplaced: true },
  { when: 'of a later generation', next: entry('new', 1, 1), isReplaced: true },
]
for (const { when, next, isReplaced } of REPLACEMENTS) {
  t.test(`an entry is ${isReplaced ? '' : 'not '}replaced by one that is ${when}`, async (t) => {
    const kept = entries()
    kept.put('a', entry('old', 5))
    kept.put('a', next)
    t.equal(kept.get('a')?.value, isReplaced ? next.value : 'old')
    t.equal(kept.presentCount + kept.absentCount, 1)
  })
}

t.test('what appears is no longer absent', async (t) => {
  const kept = entries()
  kept.put('a', entry(undefined, 1))
  t.same([kept.presentCount, kept.absentCount], [0, 1])
  kept.put('a', entry('there', 2))
  t.same([kept.presentCount, kept.absentCount], [1, 0])
  kept.delete('a')
  t.same([kept.get('a'), kept.presentCount], [undefined, 0])
})

t.test('the least recently used go first, each kind from its own', async (t) => {
  const kept = entries()
  for (const key of ['a', 'b']) kept.put(key, entry(key, 1))
  for (const key of ['x', 'y', 'z']) kept.put(key, entry(undefined, 1))
  kept.get('a')
  kept.put('c', entry('c', 1))
  const known = ['a', 'b', 'c', 'x', 'y', 'z'].filter((key) => kept.get(key) !== undefined)
  t.same(known, ['a', 'c', 'y', 'z'])
})

t.test('what takes too many octets pushes out the least recently used', async (t) => {
  const octetsOf = ({ value = '' }: Entry<string>, key: string): number => key.length + value.length
  const kept = new BoundedEntries({ presentMax: 9, octetsMax: 10, absentMax: 9, octetsOf })
  const known = (): string[] => ['a', 'b', 'c', 'd'].filter((key) => kept.get(key) !== undefined)
  kept.put('a', entry('1234', 1))
  kept.put('b', entry('1234', 1))
  t.same(known(), ['a', 'b'], 'exactly ten')
  kept.put('d', entry(undefined, 1))
  t.same(known(), ['a', 'b', 'd'], 'what does not exist is only counted')
  kept.put('b', entry('12345', 2))
  t.same(known(), ['b', 'd'], 'eleven, after a change')
  kept.put('c', entry('1234567890', 1))
  t.same(known(), ['b', 'd'], 'what is too large by itself is not kept, and pushes out nothing')
  kept.put('b', entry('1234567890', 3))
  t.same(known(), ['d'], 'nor is its older version')
})
