import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { LinkLookup, LinkTarget } from '@fingerpost/contract/core-api'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { parseSlug } from '@fingerpost/model/slug'
import { Flights, type FlightLimits } from './flights.ts'
import type { TierAnswer, Wanted } from './tier.ts'

const LIMITS: FlightLimits = {
  flightsMax: 10,
  flightsPerLaneMax: 10,
  waitersMax: 3,
  attemptsMax: 4,
  lookupMsMax: 500,
}

function flights(limits: Partial<FlightLimits> = {}) {
  const asked: ((answer: TierAnswer) => void)[] = []
  const wanted: Wanted[] = []
  const state = { needs: 0, generation: 0, uptimeMs: 0, refused: 0, outdated: 0 }
  const kept: LinkLookup[] = []
  const under = new Flights(
    { ...LIMITS, ...limits },
    {
      tier: {
        get(_target, one) {
          wanted.push(one)
          return new Promise((resolve) => asked.push(resolve))
        },
      },
      generation: () => state.generation,
      hasSeen: (lookup) => lookup.sequence >= state.needs,
      keep: (_target, { lookup }) => kept.push(lookup),
      uptimeMs: () => state.uptimeMs,
      onRefused: () => (state.refused += 1),
      onOutdated: () => (state.outdated += 1),
    },
  )
  const answer = async (sequence: number): Promise<void> => {
    asked.shift()?.(answered(sequence))
    await setImmediate()
  }
  return { under, asked, answer, state, kept, wanted }
}

/** How a visitor asks who waits. */
const ASKED = { isKnown: true, wanted: { maxAgeMs: 1_000 } }

function answered(sequence: number): TierAnswer {
  const lookup = { sequence, lineage: 'one', domain: undefined, link: undefined }
  return { kind: 'answered', tier: 'core', lookup, ageMs: 0 }
}

t.test('waiters of one target share a flight, and make room when it lands', async (t) => {
  const { under, asked, answer, state } = flights()
  for (let round = 1; round <= 5; round += 1) {
    const answers: TierAnswer[] = []
    for (let waiter = 0; waiter < 4; waiter += 1) {
      under.join(target('a'), ASKED, (one) => answers.push(one))
    }
    t.same(answers, [{ kind: 'cannot_tell' }], 'the fourth waiter is refused at once')
    t.equal(asked.length, 1)
    t.ok(under.has(target('a')))
    await answer(0)
    t.equal(answers.length, 4)
    t.notOk(under.has(target('a')))
    t.equal(state.refused, round)
  }
})

t.test('an answer that a change has outdated is thrown away, and asked for again', async (t) => {
  const { under, asked, answer, state, kept, wanted } = flights()
  state.needs = 7
  const answers: TierAnswer[] = []
  under.join(target('a'), ASKED, (one) => answers.push(one))
  await answer(6)
  t.equal(answers.length, 0)
  t.equal(state.outdated, 1)
  t.equal(asked.length, 1, 'asked again')
  await answer(7)
  t.match(answers, [{ kind: 'answered' }])
  t.equal(kept.length, 1)
  t.same(wanted, [ASKED.wanted, ASKED.wanted])
})

t.test('an answer from before a reset never counts, however new it claims to be', async (t) => {
  const { under, answer, state } = flights()
  const answers: TierAnswer[] = []
  under.join(target('a'), ASKED, (one) => answers.push(one))
  state.generation = 1
  await answer(1_000)
  t.equal(answers.length, 0)
  await answer(3)
  t.match(answers, [{ kind: 'answered' }])
})

t.test('a flight gives up after its attempts, or after its time', async (t) => {
  const { under, answer, state, kept } = flights()
  state.needs = 9
  const answers: TierAnswer[] = []
  under.join(target('a'), ASKED, (one) => answers.push(one))
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    t.same(answers, [], `attempt ${attempt}`)
    await answer(1)
  }
  t.same(answers, [{ kind: 'cannot_tell' }])

  under.join(target('a'), ASKED, (one) => answers.push(one))
  state.uptimeMs = 499
  await answer(1)
  t.equal(answers.length, 1)
  state.uptimeMs = 500
  await answer(1)
  t.same(answers, [{ kind: 'cannot_tell' }, { kind: 'cannot_tell' }])
  t.same(kept, [])
})

t.test('a waiter may ask for the same target again', async (t) => {
  const { under, asked, answer } = flights()
  under.join(target('a'), ASKED, () => under.join(target('a'), ASKED, () => undefined))
  await answer(0)
  t.equal(asked.length, 1)
})

function target(text: string, name = 'links.example.com'): LinkTarget {
  const hostname = canonicalHostname(name)
  const slug = parseSlug(text)
  if (hostname === undefined || !slug.ok) throw new Error(`${name}/${text}`)
  return { hostname, slug: slug.slug }
}
