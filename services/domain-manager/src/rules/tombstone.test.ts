import t from 'tap'
import { decideTombstone } from './tombstone.ts'

const NOW = 1_000 * 86_400_000
const SETTINGS = { confirmMs: 60_000, healthIntervalMs: 900_000 }
const HOUR_MS = 3_600_000

const decide = (
  kind: Parameters<typeof decideTombstone>[1]['kind'],
  seenMsAgo?: number,
  random = 0.5,
) => {
  const lossSeenAt = seenMsAgo === undefined ? undefined : NOW - seenMsAgo
  return decideTombstone(lossSeenAt, { kind }, NOW, SETTINGS, random)
}

t.test('a deleted domain is looked at while its DNS leads here', async (t) => {
  for (const kind of ['points_here', 'points_partly'] as const) {
    const goesOn = { lossSeenAt: undefined, nextCheckAt: NOW + HOUR_MS }
    t.same(decide(kind), goesOn, kind)
    t.same(decide(kind, 60_000), goesOn, `${kind} again`)
  }
  t.equal(decide('points_here', undefined, 0).nextCheckAt, NOW + 0.9 * HOUR_MS)
  t.equal(decide('points_here', undefined, 1).nextCheckAt, NOW + 1.1 * HOUR_MS)
})

t.test('it is not looked at any more once DNS was seen to lead away twice', async (t) => {
  for (const kind of ['missing', 'points_elsewhere'] as const) {
    t.same(decide(kind), { lossSeenAt: NOW, nextCheckAt: NOW + 60_000 }, kind)
    const soon = { lossSeenAt: NOW - 59_999, nextCheckAt: NOW + 1 }
    t.same(decide(kind, 59_999), soon, `${kind} too soon`)
    t.same(decide(kind, 60_000), { lossSeenAt: NOW - 60_000, nextCheckAt: undefined }, kind)
    t.equal(decide(kind, 7_200_000).nextCheckAt, undefined, 'at the limit')
    t.equal(decide(kind, 7_200_001).lossSeenAt, NOW, 'seen anew')
    t.same(decide(kind, -1), { lossSeenAt: NOW, nextCheckAt: NOW + 60_000 }, 'clock set back')
  }
})

t.test('what cannot be told ends nothing', async (t) => {
  for (const kind of ['unknown', 'both_missing'] as const) {
    t.same(decide(kind, 60_000), { lossSeenAt: NOW - 60_000, nextCheckAt: NOW + HOUR_MS }, kind)
  }
})
