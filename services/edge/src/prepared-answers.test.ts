import t from 'tap'
import { PreparedAnswers } from './prepared-answers.ts'

t.test('an answer is found by host and path, whatever the query', async (t) => {
  const prepared = new PreparedAnswers<string>(10)
  prepared.put('a.example', '/x', 'one')
  for (const target of ['/x', '/x?', '/x?y=1', '/x?y=1?z']) {
    t.equal(prepared.get('a.example', target), 'one', target)
  }
  for (const target of ['/', '/y', '/x/', '/X', '?', '/x#', '']) {
    t.equal(prepared.get('a.example', target), undefined, target)
  }
  t.equal(prepared.get('b.example', '/x'), undefined)
  prepared.put('a.example', '/x', 'two')
  t.equal(prepared.get('a.example', '/x'), 'two', 'the later one counts')
})

t.test('what is asked for stays, what is not goes, and there are never too many', async (t) => {
  const prepared = new PreparedAnswers<number>(100)
  prepared.put('a.example', '/wanted', -1)
  for (let index = 0; index < 1_000; index += 1) {
    prepared.put(`${index % 7}.example`, `/${index}`, index)
    if (index % 10 === 0) t.equal(prepared.get('a.example', '/wanted'), -1)
  }
  const left = Array.from({ length: 1_000 }, (_, index) => index).filter(
    (index) => prepared.get(`${index % 7}.example`, `/${index}`) !== undefined,
  )
  t.ok(left.length <= 100, `${left.length} are left`)
  t.ok(left.every((index) => index >= 900))
})

t.test('an old answer that is asked for is not brought back over a newer one', async (t) => {
  const prepared = new PreparedAnswers<string>(2)
  prepared.put('a.example', '/x', 'old')
  prepared.put('a.example', '/y', 'other')
  prepared.put('a.example', '/x', 'new')
  t.equal(prepared.get('a.example', '/x'), 'new')
})
