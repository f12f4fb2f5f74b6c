import t from 'tap'
import { NO_CERTIFICATE, type CertificateFacts } from '@fingerpost/model/certificate'
import { CAA_STATES, NO_OBSERVATIONS, type ProbeState } from '@fingerpost/model/domain-check'
import {
  DOMAIN_STATUSES,
  DOMAIN_STATUS_NAMES,
  type DomainStatus,
} from '@fingerpost/model/domain-status'
import {
  isCaaDue,
  isProbeDue,
  isRefusalUntold,
  WAITING_LOOK_MS,
  WELL_PROBE_MS,
} from './look-plan.ts'

const NOW = 1_000 * 86_400_000

const plan = (
  status: DomainStatus,
  kind: 'points_here' | 'points_elsewhere',
  last: { readonly ago: number | undefined; readonly probe?: ProbeState },
) => {
  const checkedAt = last.ago === undefined ? undefined : NOW - last.ago
  const { probe, caa } = NO_OBSERVATIONS
  const observations = {
    probe: { ...probe, state: last.probe ?? 'elsewhere', checkedAt },
    caa: { ...caa, checkedAt },
  }
  return {
    probes: isProbeDue({ status, observations }, { kind }, NOW),
    looksAtCaa: isCaaDue(observations.caa, NOW),
  }
}

t.test('what was never looked at is looked at', async (t) => {
  for (const status of DOMAIN_STATUS_NAMES) {
    const all = { probes: true, looksAtCaa: true }
    t.same(plan(status, 'points_here', { ago: undefined }), all, status)
  }
})

t.test('a domain that somebody waits for is not probed every few seconds', async (t) => {
  for (const status of ['pending_verification', 'verified', 'suspended'] as const) {
    const none = { probes: false, looksAtCaa: false }
    t.same(plan(status, 'points_elsewhere', { ago: WAITING_LOOK_MS - 1 }), none, status)
    const both = { probes: true, looksAtCaa: true }
    t.same(plan(status, 'points_elsewhere', { ago: WAITING_LOOK_MS }), both, status)
  }
})

t.test('a domain that could lose its routing by DNS is probed each time', async (t) => {
  for (const status of ['active', 'degraded'] as const) {
    t.equal(plan(status, 'points_elsewhere', { ago: 0, probe: 'reached' }).probes, true, status)
    t.equal(plan(status, 'points_here', { ago: 0, probe: 'partly' }).probes, true, status)
  }
})

t.test('a domain that is well is probed now and then', async (t) => {
  const probes = (ago: number) => plan('active', 'points_here', { ago, probe: 'reached' }).probes
  t.equal(probes(WELL_PROBE_MS - 1), false)
  t.equal(probes(WELL_PROBE_MS), true)
})

t.test('a refusal by CAA is untold until core knows it, and only a first one counts', async (t) => {
  const forbids = { state: 'forbids' } as const
  const isUntold = (status: DomainStatus, certificate: CertificateFacts, caa = forbids) =>
    isRefusalUntold({ status, certificate }, caa)
  for (const status of DOMAIN_STATUS_NAMES) {
    const { allowsCertificate } = DOMAIN_STATUSES[status]
    t.equal(isUntold(status, NO_CERTIFICATE), allowsCertificate, status)
  }
  for (const state of CAA_STATES) {
    const untold = isRefusalUntold({ status: 'active', certificate: NO_CERTIFICATE }, { state })
    t.equal(untold, state === 'forbids', state)
  }
  const seen = { issuer: 'R11', keyType: 'P-256', notBefore: 0, notAfter: 1 }
  t.notOk(isUntold('active', { ...NO_CERTIFICATE, seen }))
  const failing = (code: 'caa' | 'dns') =>
    ({ ...NO_CERTIFICATE, status: 'failing', error: { code, message: '' } }) as const
  t.notOk(isUntold('active', failing('caa')))
  t.ok(isUntold('active', failing('dns')))
})

t.test('a clock that was set back puts nothing off', async (t) => {
  const both = { probes: true, looksAtCaa: true }
  t.same(plan('active', 'points_here', { ago: -1, probe: 'reached' }), both)
})
