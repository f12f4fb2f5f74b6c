import t from 'tap'
import { NO_CERTIFICATE, type SeenCertificate } from '@fingerpost/model/certificate'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { renewalAlarm, renewalDueAt } from './certificate-alarm.ts'

const HOUR_MS = 3_600_000
const LIVES = { '90 days': 90 * 24 * HOUR_MS, '160 hours': 160 * HOUR_MS, '12 seconds': 12_000 }

function certificateOf(lifeMs: number, notBefore = 0): SeenCertificate {
  return { issuer: 'R11', keyType: 'P-256', notBefore, notAfter: notBefore + lifeMs }
}

function alarm(
  seen: SeenCertificate,
  known: { readonly seen: SeenCertificate | undefined; readonly checkedAt: number | undefined },
  now: number,
) {
  const hostname = canonicalHostname('links.example.com')
  if (hostname === undefined) throw new Error('no hostname')
  return renewalAlarm({ ...NO_CERTIFICATE, ...known }, seen, { hostname, now })
}

for (const [name, lifeMs] of Object.entries(LIVES)) {
  t.test(
    `a certificate of ${name} alarms when it was due at an earlier look and is late`,
    async (t) => {
      const seen = certificateOf(lifeMs)
      const dueAt = renewalDueAt(seen)
      t.equal(dueAt, (lifeMs / 3) * 2)
      const lateAt = dueAt + lifeMs / 30
      const known = { seen, checkedAt: dueAt }
      t.equal(alarm(seen, known, Math.ceil(lateAt) - 1), undefined)
      t.match(alarm(seen, known, Math.ceil(lateAt)), {
        code: 'renewal_overdue',
        message:
          /^The certificate of "links\.example\.com" was to be renewed at \d{4}-.* UTC and was not\./,
      })
      t.match(alarm(seen, known, seen.notAfter + 1), { code: 'renewal_overdue' })
    },
  )
}

t.test('one look alarms nobody: it only begins the renewal', async (t) => {
  const seen = certificateOf(LIVES['90 days'])
  const dueAt = renewalDueAt(seen)
  const now = seen.notAfter - 1
  t.equal(alarm(seen, { seen, checkedAt: dueAt - 1 }, now), undefined, 'it was not due then')
  t.equal(alarm(seen, { seen, checkedAt: undefined }, now), undefined)
  t.equal(alarm(seen, { seen: undefined, checkedAt: dueAt }, now), undefined, 'none was seen')
  const older = certificateOf(LIVES['90 days'], -1)
  t.equal(alarm(seen, { seen: older, checkedAt: dueAt }, now), undefined, 'another one was seen')
  const shorter = { ...seen, notAfter: seen.notAfter - 1 }
  t.equal(alarm(seen, { seen: shorter, checkedAt: dueAt }, now), undefined)
})

t.test('a certificate whose end is before its begin was due then', async (t) => {
  t.equal(renewalDueAt(certificateOf(-5)), -5)
})
