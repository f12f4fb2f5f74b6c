import t from 'tap'
import { decideTakeover, type RivalLook } from './takeover.ts'

const NOW = 1_000 * 86_400_000
const CONFIRM_MS = 60_000
const SETTINGS = { confirmMs: CONFIRM_MS, healthIntervalMs: 900_000 }
const GONE: RivalLook = { isProved: true, holderToken: 'absent' }

const decide = (look: RivalLook, seenMsAgo: number | undefined) =>
  decideTakeover(
    {
      holderId: 'dom_holder',
      takeoverSeenAt: seenMsAgo === undefined ? undefined : NOW - seenMsAgo,
    },
    look,
    NOW,
    SETTINGS,
  )

t.test('a hostname moves when its absence of the other proof is seen twice', async (t) => {
  t.match(decide(GONE, undefined), { takesOverFrom: undefined, takeoverSeenAt: NOW })
  const before = decide(GONE, CONFIRM_MS - 1)
  t.match(before, { takesOverFrom: undefined, takeoverSeenAt: NOW - CONFIRM_MS + 1 })
  t.match(before.reason, { code: 'hostname_in_use', message: /at least 60 s later/ })
  const moved = decide(GONE, CONFIRM_MS)
  t.match(moved, { takesOverFrom: 'dom_holder', takeoverSeenAt: undefined })
  t.equal(moved.reason.code, 'ownership_proved')
})

t.test('a first look that is too old, or of the future, is seen anew', async (t) => {
  t.equal(decide(GONE, 1_800_000).takesOverFrom, 'dom_holder')
  t.match(decide(GONE, 1_800_001), { takesOverFrom: undefined, takeoverSeenAt: NOW })
  t.match(decide(GONE, -1), { takesOverFrom: undefined, takeoverSeenAt: NOW })
})

t.test('the holder keeps the hostname while its TXT record is there', async (t) => {
  for (const seenMsAgo of [undefined, CONFIRM_MS]) {
    const kept = decide({ isProved: true, holderToken: 'present' }, seenMsAgo)
    t.match(kept, { takesOverFrom: undefined, takeoverSeenAt: undefined })
    t.match(kept.reason, { code: 'hostname_in_use', message: /Remove the other value/ })
  }
})

t.test('what cannot be told moves nothing and forgets nothing', async (t) => {
  const look: RivalLook = { isProved: true, holderToken: 'unknown' }
  t.equal(decide(look, undefined).takeoverSeenAt, undefined)
  const later = decide(look, CONFIRM_MS)
  t.match(later, { takesOverFrom: undefined, takeoverSeenAt: NOW - CONFIRM_MS })
  t.match(later.reason.message, /do not agree yet/)
})

t.test('without a proof of its own a claim takes nothing over', async (t) => {
  const look: RivalLook = { isProved: false, holderToken: 'absent' }
  t.match(decide(look, CONFIRM_MS), { takesOverFrom: undefined, takeoverSeenAt: undefined })
})
