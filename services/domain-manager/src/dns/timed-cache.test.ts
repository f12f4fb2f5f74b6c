import t from 'tap'
import { TimedCache } from './timed-cache.ts'

t.test('values are kept for their time, and no longer', async (t) => {
  let now = 1_000
  const cache = new TimedCache<string>(10, () => now)
  cache.set('a', 'one', 500)
  now = 1_499
  t.equal(cache.get('a'), 'one')
  now = 1_500
  t.equal(cache.get('a'), undefined)
  t.equal(cache.get('b'), undefined)
})

t.test('a value from a clock that was set back since is kept no longer', async (t) => {
  let now = 90_000_000
  const cache = new TimedCache<string>(10, () => now)
  cache.set('a', 'one', 500)
  now = 89_999_999
  t.equal(cache.get('a'), undefined)
})

t.test('the oldest value goes when there are too many', async (t) => {
  const cache = new TimedCache<string>(2, () => 0)
  for (const key of ['a', 'b', 'a', 'c']) cache.set(key, key, 1)
  t.same(
    ['a', 'b', 'c'].map((key) => cache.get(key)),
    ['a', undefined, 'c'],
  )
})
