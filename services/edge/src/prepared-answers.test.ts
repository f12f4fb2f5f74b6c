import t from 'tap'
import { PreparedAnswers } from './prepared-answers.ts'

type Answer = { readonly name: string | number; readonly octets: number }

function answer(name: string | number, octets = 1): Answer {
  return { name, octets }
}

function preparedUpTo(countMax: number, octetsMax = 1_000_000) {
  return new PreparedAnswers<Answer>({ countMax, octetsMax })
}

t.test('an answer is found by host and path, whatever the query', async (t) => {
  const prepared = preparedUpTo(10)
  prepared.put('a.example', '/x', answer('one'))
  for (const target of ['/x', '/x?', '/x?y=1', '/x?y=1?z']) {
    t.equal(prepared.get('a.example', target)?.name, 'one', target)
  }
  for (const target of ['/', '/y', '/x/', '/X', '?', '/x#', '']) {
    t.equal(prepared.get('a.example', target), undefined, target)
  }
  t.equal(prepared.get('b.example', '/x'), undefined)
  prepared.put('a.example', '/x', answer('two'))
  t.equal(prepared.get('a.example', '/x')?.name, 'two', 'the later one counts')
})

t.test('what is asked for stays, what is not goes, and there are never too many', async (t) => {
  const prepared = preparedUpTo(100)
  prepared.put('a.example', '/wanted', answer(-1))
  for (let index = 0; index < 1_000; index += 1) {
    prepared.put(`${index % 7}.example`, `/${index}`, answer(index))
    if (index % 10 === 0) t.equal(prepared.get('a.example', '/wanted')?.name, -1)
  }
  const left = Array.from({ length: 1_000 }, (_, index) => index).filter(
    (index) => prepared.get(`${index % 7}.example`, `/${index}`) !== undefined,
  )
  t.ok(left.length <= 100, `${left.length} are left`)
  t.ok(left.every((index) => index >= 900))
})

t.test('an old answer that is asked for is not brought back over a newer one', async (t) => {
  const prepared = preparedUpTo(2)
  prepared.put('a.example', '/x', answer('old'))
  prepared.put('a.example', '/y', answer('other'))
  prepared.put('a.example', '/x', answer('new'))
  t.equal(prepared.get('a.example', '/x')?.name, 'new')
})

t.test(
  'what takes too much memory lets the old go, and all goes when it is asked to',
  async (t) => {
    const prepared = preparedUpTo(100, 20)
    const known = (): number =>
      ['/a', '/b', '/c'].filter((path) => prepared.get('a.example', path) !== undefined).length
    prepared.put('a.example', '/a', answer('a', 6))
    prepared.put('a.example', '/b', answer('b', 6))
    prepared.put('a.example', '/b', answer('b', 6))
    t.equal(known(), 2)
    for (const path of ['/c', '/d', '/e']) prepared.put('a.example', path, answer(path, 6))
    t.equal(prepared.get('a.example', '/a'), undefined)
    prepared.clear()
    t.equal(prepared.get('a.example', '/e'), undefined)
  },
)
