import t from 'tap'
import {
  NO_OBSERVATIONS,
  PROBE_STATES,
  type ProbeObservation,
} from '@fingerpost/model/domain-check'
import type { RoutingObservation } from './routing-observation.ts'
import { lastingProbe, PROOF_MS_MAX, provedRouting } from './routing-proof.ts'

const KINDS: readonly RoutingObservation['kind'][] = [
  'points_here',
  'points_partly',
  'points_elsewhere',
  'missing',
  'both_missing',
  'unknown',
]

const dns = (kind: RoutingObservation['kind']): RoutingObservation => ({
  kind,
  found: ['192.0.2.1'],
  message: 'What DNS says.',
  hint: 'A hint.',
})

const NOW = 10 * PROOF_MS_MAX
const NEVER = NO_OBSERVATIONS.probe

const probed = (state: ProbeObservation['state'], ageMs = 0): ProbeObservation => ({
  state,
  message: 'Probed.',
  checkedAt: NOW - ageMs,
})

const kindWith = (
  kind: RoutingObservation['kind'],
  state: ProbeObservation['state'],
  before = NEVER,
): RoutingObservation['kind'] => provedRouting(dns(kind), probed(state), before, NOW).kind

t.test('a probe that reached every address proves routing, whatever DNS says', async (t) => {
  for (const kind of KINDS) t.equal(kindWith(kind, 'reached'), 'points_here', kind)
  const proved = provedRouting(dns('points_elsewhere'), probed('reached'), NEVER, NOW)
  t.match(proved, { found: ['192.0.2.1'], hint: 'A hint.', message: /^Probed\. So routing/ })
})

t.test('a probe that reached some addresses keeps a loss from being one', async (t) => {
  t.equal(kindWith('points_elsewhere', 'partly'), 'points_partly')
  t.equal(kindWith('missing', 'partly'), 'points_partly')
  for (const kind of ['points_here', 'points_partly', 'both_missing', 'unknown'] as const) {
    t.equal(kindWith(kind, 'partly'), kind)
  }
})

t.test('a probe that reached nothing changes nothing', async (t) => {
  for (const state of PROBE_STATES) {
    if (state === 'reached' || state === 'partly') continue
    for (const kind of KINDS) t.equal(kindWith(kind, state), kind, `${kind}, ${state}`)
  }
})

t.test('a probe that could not be tried undoes no proof of the last day', async (t) => {
  const unknownAfter = (before: ProbeObservation, kind: RoutingObservation['kind']) =>
    kindWith(kind, 'unknown', before)
  for (const kind of ['points_elsewhere', 'missing'] as const) {
    t.equal(unknownAfter(probed('reached', PROOF_MS_MAX - 1), kind), 'unknown')
    t.equal(unknownAfter(probed('reached', PROOF_MS_MAX), kind), kind, 'too long ago')
    t.equal(unknownAfter(probed('reached', -1), kind), kind, 'the clock was set back')
    t.equal(unknownAfter(probed('partly'), kind), kind)
    t.equal(unknownAfter({ ...probed('reached'), checkedAt: undefined }, kind), kind)
    t.equal(kindWith(kind, 'unreachable', probed('reached')), kind)
  }
  t.equal(unknownAfter(probed('reached'), 'points_here'), 'points_here')
})

t.test('the proof of the last day stays stored while none can be tried', async (t) => {
  const before = probed('reached', PROOF_MS_MAX - 1)
  t.equal(lastingProbe(probed('unknown'), before, NOW), before)
  t.match(lastingProbe(probed('unknown'), before, NOW + 1), { state: 'unknown' })
  t.match(lastingProbe(probed('elsewhere'), before, NOW), { state: 'elsewhere' })
})
