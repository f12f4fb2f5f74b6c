import t from 'tap'
import {
  NEVER_LOOKED_AT,
  NO_OBSERVATIONS,
  PROBE_STATES,
  RECORD_STATES,
  type ProbeState,
  type RecordState,
} from '@fingerpost/model/domain-check'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import { mayLeadHere } from './tombstone.ts'

function leads(status: DomainStatus, routing: RecordState, probe: ProbeState = 'not_tried') {
  const observations = {
    routing: { ...NEVER_LOOKED_AT, state: routing },
    probe: { ...NO_OBSERVATIONS.probe, state: probe },
  }
  return mayLeadHere({ status, observations, isLocal: false })
}

const TABLE: Readonly<Record<DomainStatus, Readonly<Record<RecordState, boolean>>>> = {
  pending_verification: { missing: false, found: false, wrong: false, unknown: false },
  verified: { missing: false, found: true, wrong: false, unknown: true },
  active: { missing: true, found: true, wrong: true, unknown: true },
  degraded: { missing: false, found: true, wrong: false, unknown: true },
  suspended: { missing: false, found: true, wrong: false, unknown: true },
}

for (const status of DOMAIN_STATUS_NAMES) {
  t.test(`a ${status} domain is looked at after its deletion as the table says`, async (t) => {
    for (const routing of RECORD_STATES) {
      t.equal(leads(status, routing), TABLE[status][routing], routing)
    }
  })
}

t.test('a probe that came here outweighs records that look wrong', async (t) => {
  for (const probe of PROBE_STATES) {
    const isHere = probe === 'reached' || probe === 'partly'
    t.equal(leads('degraded', 'wrong', probe), isHere, probe)
    t.equal(leads('pending_verification', 'wrong', probe), false, probe)
  }
})

t.test('a name that means the machine that asks leaves nothing to look at', async (t) => {
  const observations = NO_OBSERVATIONS
  t.equal(mayLeadHere({ status: 'active', observations, isLocal: true }), false)
})
