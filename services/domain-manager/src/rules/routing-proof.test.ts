import t from 'tap'
import { PROBE_STATES } from '@fingerpost/model/domain-check'
import type { RoutingObservation } from './routing-observation.ts'
import { provedRouting } from './routing-proof.ts'

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

const kindWith = (
  kind: RoutingObservation['kind'],
  state: (typeof PROBE_STATES)[number],
): RoutingObservation['kind'] => provedRouting(dns(kind), { state, message: 'Probed.' }).kind

t.test('a probe that reached every address proves routing, whatever DNS says', async (t) => {
  for (const kind of KINDS) t.equal(kindWith(kind, 'reached'), 'points_here', kind)
  const proved = provedRouting(dns('points_elsewhere'), { state: 'reached', message: 'Probed.' })
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
