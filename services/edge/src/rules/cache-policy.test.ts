import t from 'tap'
import {
  FRESHNESS,
  freshnessAfterFailure,
  freshnessOf,
  worseOf,
  type EntryAge,
  type Freshness,
  STREAM_LOST_MS,
  streamStateOf,
  type StreamState,
} from './cache-policy.ts'

const LIMITS = { ttlMs: 60_000, negativeTtlMs: 5_000, staleMsMax: 3_600_000 }

type Case = readonly [ageMs: number, stream: StreamState, then: Freshness]

const CASES: Readonly<Record<string, { entry: Omit<EntryAge, 'ageMs'>; cases: readonly Case[] }>> =
  {
    'what exists, tracked by the change stream': {
      entry: { isAbsent: false, isTracked: true },
      cases: [
        [0, 'connected', 'fresh'],
        [59_999, 'connected', 'fresh'],
        [60_000, 'connected', 'stale'],
        [3_599_999, 'connected', 'stale'],
        [3_600_000, 'connected', 'expired'],
        [0, 'broken', 'fresh'],
        [59_999, 'broken', 'fresh'],
        [60_000, 'broken', 'stale_if_error'],
        [3_599_999, 'broken', 'stale_if_error'],
        [3_600_000, 'broken', 'expired'],
        [0, 'lost', 'stale_if_error'],
        [3_599_999, 'lost', 'stale_if_error'],
        [3_600_000, 'lost', 'expired'],
      ],
    },
    'what exists, from before the stream lost track': {
      entry: { isAbsent: false, isTracked: false },
      cases: [
        [0, 'connected', 'stale_if_error'],
        [3_599_999, 'connected', 'stale_if_error'],
        [3_600_000, 'connected', 'expired'],
        [0, 'broken', 'stale_if_error'],
        [3_599_999, 'broken', 'stale_if_error'],
        [3_600_000, 'broken', 'expired'],
        [0, 'lost', 'stale_if_error'],
        [3_599_999, 'lost', 'stale_if_error'],
        [3_600_000, 'lost', 'expired'],
      ],
    },
    'what does not exist, tracked': {
      entry: { isAbsent: true, isTracked: true },
      cases: [
        [0, 'connected', 'fresh'],
        [4_999, 'connected', 'fresh'],
        [5_000, 'connected', 'expired'],
        [0, 'broken', 'fresh'],
        [4_999, 'broken', 'fresh'],
        [5_000, 'broken', 'expired'],
        [0, 'lost', 'stale_if_error'],
        [4_999, 'lost', 'stale_if_error'],
        [5_000, 'lost', 'expired'],
      ],
    },
    'what did not exist before the stream lost track': {
      entry: { isAbsent: true, isTracked: false },
      cases: [
        [0, 'connected', 'expired'],
        [0, 'broken', 'expired'],
        [0, 'lost', 'expired'],
      ],
    },
  }

for (const [when, { entry, cases }] of Object.entries(CASES)) {
  for (const [ageMs, stream, then] of cases) {
    t.test(`${when}, aged ${ageMs} ms with the stream ${stream}, is ${then}`, async (t) => {
      t.equal(freshnessOf({ ...entry, ageMs }, stream, LIMITS), then)
    })
  }
}

t.test(
  'without lifetimes nothing is fresh, and without a stale window nothing is used',
  async (t) => {
    const none = { ttlMs: 0, negativeTtlMs: 0, staleMsMax: 0 }
    for (const isAbsent of [true, false]) {
      t.equal(freshnessOf({ isAbsent, ageMs: 0, isTracked: true }, 'connected', none), 'expired')
    }
  },
)

const AFTER_FAILURE: readonly (readonly [Freshness, ms: number | undefined, Freshness])[] = [
  ['stale_if_error', undefined, 'stale_if_error'],
  ['stale_if_error', 0, 'unconfirmed'],
  ['stale_if_error', 499, 'unconfirmed'],
  ['stale_if_error', 500, 'stale'],
  ['stale_if_error', 999, 'stale'],
  ['stale_if_error', 1_000, 'stale_if_error'],
  ['stale', undefined, 'stale'],
  ['stale', 499, 'unconfirmed'],
  ['stale', 500, 'stale'],
  ['stale', 1_000, 'stale'],
  ['fresh', 0, 'fresh'],
  ['expired', 0, 'expired'],
  ['expired', 999, 'expired'],
]
for (const [freshness, sinceFailureMs, then] of AFTER_FAILURE) {
  t.test(`what is ${freshness}, ${sinceFailureMs} ms after a failure, is ${then}`, async (t) => {
    const limits = { retryMs: 500, waitlessMs: 1_000 }
    t.equal(freshnessAfterFailure(freshness, sinceFailureMs, limits), then)
  })
}

t.test('of two entries the worse decides, in either order', async (t) => {
  for (const [better, first] of FRESHNESS.entries()) {
    for (const second of FRESHNESS.slice(better)) {
      t.equal(worseOf(first, second), second)
      t.equal(worseOf(second, first), second)
    }
  }
})

t.test('a stream counts as lost once it has been broken for long', async (t) => {
  t.equal(streamStateOf(undefined), 'connected')
  t.equal(streamStateOf(0), 'broken')
  t.equal(streamStateOf(STREAM_LOST_MS - 1), 'broken')
  t.equal(streamStateOf(STREAM_LOST_MS), 'lost')
  t.equal(streamStateOf(Infinity), 'lost', 'never connected')
})
