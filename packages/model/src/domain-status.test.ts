import t from 'tap'
import { DOMAIN_STATUSES, DOMAIN_STATUS_NAMES, isDomainStatus } from './domain-status.ts'

t.test('certificates are allowed exactly where redirects are served', async (t) => {
  const allowed = DOMAIN_STATUS_NAMES.filter((name) => DOMAIN_STATUSES[name].allowsCertificate)
  t.same(allowed, ['verified', 'active', 'degraded'])
  const served = DOMAIN_STATUS_NAMES.filter((name) => DOMAIN_STATUSES[name].servesRedirects)
  t.same(served, allowed)
})

t.test('a hostname is held from its proof on, also while it is suspended', async (t) => {
  const holding = DOMAIN_STATUS_NAMES.filter((name) => DOMAIN_STATUSES[name].holdsHostname)
  t.same(holding, ['verified', 'active', 'degraded', 'suspended'])
})

t.test('only the names of the table are statuses', async (t) => {
  for (const name of DOMAIN_STATUS_NAMES) t.ok(isDomainStatus(name), name)
  for (const text of ['', 'Active', 'active ', 'deleted', 'toString', '__proto__', 'constructor']) {
    t.notOk(isDomainStatus(text), text)
  }
})
