import t from 'tap'
import { ChangeFeed } from './change-feed.ts'

t.test('who waits is woken by a later sequence only', async (t) => {
  const feed = new ChangeFeed()
  feed.announce(5)
  await feed.waitAfter(4, new AbortController().signal)
  let isWoken = false
  const waiting = feed.waitAfter(5, new AbortController().signal).then(() => (isWoken = true))
  t.equal(feed.waiters, 1)
  feed.announce(5)
  feed.announce(3)
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(isWoken)
  t.equal(feed.latest, 5)
  feed.announce(6)
  await waiting
  t.equal(feed.waiters, 0)
})

t.test('who wants no more is woken and forgotten', async (t) => {
  const feed = new ChangeFeed()
  const stop = new AbortController()
  const waiting = feed.waitAfter(0, stop.signal)
  stop.abort()
  await waiting
  t.equal(feed.waiters, 0)
  await feed.waitAfter(0, stop.signal)
})
