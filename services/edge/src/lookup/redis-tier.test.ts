import t from 'tap'
import type { LinkLookup } from '@fingerpost/contract/core-api'
import { ROOT_SLUG } from '@fingerpost/model/slug'
import { activeDomain, plainLink, targetOf } from '../../test/support/served.ts'
import { L2Entries } from './l2-entries.ts'
import { RedisTier, type StoreReply } from './redis-tier.ts'
import type { TierAnswer } from './tier.ts'

const TARGET = targetOf('links.example.com', ROOT_SLUG)
const LOOKUP: LinkLookup = {
  sequence: 5,
  lineage: 'one',
  domain: activeDomain('links.example.com'),
  link: plainLink('lnk_1', ROOT_SLUG),
}
const NOW = 1_800_000_000_000
const ENTRIES = new L2Entries('the secret of this installation')
const CANNOT_TELL: TierAnswer = { kind: 'cannot_tell' }

/** A tier whose entry has a certain age, beside a core that answers or cannot tell. */
function tierWith(
  facts: { ageMs: number; isConnected?: boolean; core?: boolean; hasSeen?: boolean },
  read?: () => Promise<StoreReply>,
) {
  const { ageMs, isConnected = true, core = true, hasSeen = true } = facts
  const text = ENTRIES.write(TARGET, { lookup: LOOKUP, confirmedAt: NOW - ageMs }) ?? ''
  const told: string[] = []
  const tier = new RedisTier(
    {
      readMsMax: 20,
      readsMax: 2,
      writesMax: 1,
      staleMsMax: 1_000,
      breaker: { failuresMax: 3, pauseMs: 500 },
    },
    {
      store: {
        read: read ?? (async () => ({ kind: 'found', text })),
        async write(_key, _text, ttlMs) {
          told.push(`stored for ${ttlMs}`)
        },
      },
      entries: ENTRIES,
      core: {
        async get() {
          told.push('core')
          return core ? { kind: 'answered', tier: 'core', lookup: LOOKUP, ageMs: 0 } : CANNOT_TELL
        },
      },
      memory: { hasSeen: () => hasSeen, canVerify: true },
      isConnected: () => isConnected,
      now: () => NOW,
      uptimeMs: () => 0,
      onLookup: (outcome) => told.push(outcome),
      onWrite: () => undefined,
      onRest: () => told.push('rest'),
    },
  )
  return { ask: () => tier.get(TARGET, { maxAgeMs: 100 }), told }
}

const CASES: readonly (readonly [
  facts: Parameters<typeof tierWith>[0],
  told: readonly string[],
  from: string,
])[] = [
  [{ ageMs: 100 }, ['hit'], 'l2'],
  [{ ageMs: -5 }, ['hit'], 'l2'],
  [{ ageMs: 101 }, ['too_old', 'core', 'stored for 1000'], 'core'],
  [{ ageMs: 101, core: false }, ['too_old', 'core'], 'l2'],
  [{ ageMs: 1_000, core: false }, ['too_old', 'core'], 'l2'],
  [{ ageMs: 1_001, core: false }, ['too_old', 'core'], 'nobody'],
  [{ ageMs: 0, hasSeen: false }, ['outdated', 'core', 'stored for 1000'], 'core'],
  [{ ageMs: 0, hasSeen: false, core: false }, ['outdated', 'core'], 'nobody'],
  [{ ageMs: 0, isConnected: false }, ['core', 'stored for 1000'], 'core'],
  [{ ageMs: 500, isConnected: false, core: false }, ['core', 'hit'], 'l2'],
]
for (const [facts, told, from] of CASES) {
  t.test(`${JSON.stringify(facts)} is answered by ${from}`, async (t) => {
    const one = tierWith(facts)
    const answer = await one.ask()
    t.same(one.told, told)
    t.equal(answer.kind === 'answered' ? answer.tier : 'nobody', from)
    if (from === 'l2') t.match(answer, { ageMs: Math.max(0, facts.ageMs) })
  })
}

t.test('what hangs is given up on, left alone, and never asked by more than a few', async (t) => {
  const { ask, told } = tierWith({ ageMs: 0, core: false }, () => new Promise(() => {}))
  await Promise.all([ask(), ask(), ask()])
  t.equal(told.filter((one) => one === 'overdue').length, 2)
  t.equal(told.filter((one) => one === 'not_asked').length, 1)
})

t.test('what fails is left alone, what refuses is not', async (t) => {
  const failing = tierWith({ ageMs: 0 }, () => Promise.reject(new Error('Gone.')))
  for (let call = 0; call < 4; call += 1) await failing.ask()
  t.equal(failing.told.filter((one) => one === 'failed').length, 3)
  t.ok(failing.told.includes('not_asked') && failing.told.includes('rest'))
  const refusing = tierWith({ ageMs: 0 }, async () => ({ kind: 'refused' }))
  for (let call = 0; call < 4; call += 1) await refusing.ask()
  t.equal(refusing.told.filter((one) => one === 'failed').length, 4)
})
