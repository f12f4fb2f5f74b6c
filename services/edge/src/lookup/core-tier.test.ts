import t from 'tap'
import type { CoreApi, LinkLookup, LinkTarget } from '@fingerpost/contract/core-api'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { AppError } from '@fingerpost/model/errors'
import { ROOT_SLUG, slugFromRequestTarget } from '@fingerpost/model/slug'
import { CoreTier } from './core-tier.ts'

const LOOKUP: LinkLookup = { sequence: 7, lineage: 'one', domain: undefined, link: undefined }

function tierOf(lookupLink: CoreApi['lookupLink']) {
  const outcomes: string[] = []
  const rests: unknown[] = []
  const clock = { ms: 0 }
  const tier = new CoreTier(
    { failuresMax: 2, pauseMs: 500 },
    {
      core: { lookupLink },
      uptimeMs: () => clock.ms,
      onOutcome: (outcome) => outcomes.push(outcome),
      onRest: (cause) => rests.push(cause),
    },
  )
  return { ask: (path = '/') => tier.get(target(path)), outcomes, rests, clock }
}

function target(path: string): LinkTarget {
  const hostname = canonicalHostname('links.example.com')
  const slug = slugFromRequestTarget(path)
  if (hostname === undefined || slug === undefined) throw new Error('Not canonical')
  return { hostname, slug }
}

t.test('an answer of core is passed on', async (t) => {
  const { ask, outcomes } = tierOf(async () => LOOKUP)
  t.same(await ask(), { kind: 'answered', tier: 'core', lookup: LOOKUP, ageMs: 0 })
  t.same(outcomes, ['answered'])
})

const FAILURES: readonly (readonly [error: Error, outcome: string])[] = [
  [new AppError('core_unavailable', 'Down.'), 'unavailable'],
  [new AppError('core_overdue', 'Late.'), 'overdue'],
  [new AppError('storage_unavailable', 'Database away.'), 'unavailable'],
  [new AppError('internal_error', 'A mistake.'), 'failed'],
  [new AppError('slug_invalid', 'Bad slug.'), 'failed'],
  [new AppError('body_invalid', 'Bad body.'), 'failed'],
  [new AppError('token_invalid', 'No.'), 'failed'],
  [new AppError('domain_not_found', 'None.'), 'failed'],
  [new TypeError('A bug.'), 'failed'],
]
for (const [error, outcome] of FAILURES) {
  t.test(`${error.message} is never an absence, and counts as ${outcome}`, async (t) => {
    const { ask, outcomes } = tierOf(() => Promise.reject(error))
    t.same(await ask(), { kind: 'cannot_tell' })
    t.same(outcomes, [outcome])
  })
  t.test(`${error.message} ${restsAfter(outcome) ? '' : 'never '}makes core rest`, async (t) => {
    const { ask, outcomes, rests } = tierOf(() => Promise.reject(error))
    for (let call = 0; call < 3; call += 1) await ask()
    t.equal(outcomes.at(-1), restsAfter(outcome) ? 'not_asked' : outcome)
    t.same(rests, restsAfter(outcome) ? [error] : [])
  })
}

t.test('a link that core cannot answer takes no call from the others', async (t) => {
  const core = { isDown: false }
  const { ask, rests, clock } = tierOf(async ({ slug }) => {
    if (core.isDown) throw new AppError('core_unavailable', 'Down.')
    if (slug !== ROOT_SLUG) throw new AppError('internal_error', 'A mistake.')
    return LOOKUP
  })
  for (let call = 0; call < 5; call += 1) {
    await ask('/bad')
    t.match(await ask(), { kind: 'answered' })
  }
  core.isDown = true
  for (let call = 0; call < 2; call += 1) await ask()
  core.isDown = false
  t.same(await ask(), { kind: 'cannot_tell' }, 'it rests')
  clock.ms = 500
  await ask('/bad')
  t.match(await ask(), { kind: 'answered' }, 'in the same pause')
  t.equal(rests.length, 2)
})

t.test(
  'a core that keeps failing rests, is tried once a pause, and is told to be back',
  async (t) => {
    const down = new AppError('core_unavailable', 'Down.')
    const core = { calls: 0, isDown: true }
    const { ask, outcomes, rests, clock } = tierOf(async () => {
      core.calls += 1
      if (core.isDown) throw down
      return LOOKUP
    })
    for (let call = 0; call < 5; call += 1) await ask()
    t.equal(core.calls, 2)
    t.same(rests, [down])
    clock.ms = 500
    await ask()
    await ask()
    t.equal(core.calls, 3)
    clock.ms = 1_000
    core.isDown = false
    t.match(await ask(), { kind: 'answered' })
    t.match(await ask(), { kind: 'answered' })
    t.equal(core.calls, 5)
    t.same(rests, [down, undefined], 'told once each way')
    t.equal(outcomes.filter((outcome) => outcome === 'not_asked').length, 4)
  },
)

function restsAfter(outcome: string): boolean {
  return outcome !== 'failed'
}
