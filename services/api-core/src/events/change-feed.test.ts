import t from 'tap'
import { ChangeFeed } from './change-feed.ts'

const forever = () => new AbortController().signal
const settle = () => new Promise((resolve) => setImmediate(resolve))

t.test('who waits is woken by a later commit only', async (t) => {
  const feed = new ChangeFeed()
  feed.announce(5)
  await feed.waitForNews(0, forever())
  let isWoken = false
  const waiting = feed.waitForNews(feed.news, forever()).then(() => (isWoken = true))
  t.equal(feed.waiters, 1)
  feed.announce(5)
  feed.announce(3)
  feed.follow(5)
  await settle()
  t.notOk(isWoken)
  t.equal(feed.latest, 5)
  feed.announce(6)
  await waiting
  t.equal(feed.waiters, 0)
})

t.test('a head that went back is news once, not for ever', async (t) => {
  const feed = new ChangeFeed()
  feed.announce(1_000)
  const before = feed.news
  feed.follow(500)
  t.equal(feed.latest, 500)
  await feed.waitForNews(before, forever())
  const stop = new AbortController()
  const waiting = feed.waitForNews(feed.news, stop.signal)
  feed.follow(500)
  t.equal(feed.waiters, 1)
  stop.abort()
  await waiting
})

t.test('who wants no more is woken and forgotten', async (t) => {
  const feed = new ChangeFeed()
  const stop = new AbortController()
  const waiting = feed.waitForNews(feed.news, stop.signal)
  stop.abort()
  await waiting
  t.equal(feed.waiters, 0)
  await feed.waitForNews(feed.news, stop.signal)
})
