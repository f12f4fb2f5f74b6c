import t from 'tap'
import { CERTIFICATE_STATUSES } from '@fingerpost/model/certificate'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { ALTERNATES_MODES, alternateRedirectsTo } from './group-serving.ts'

const hostname = canonicalHostname('new.example.com')
if (hostname === undefined) throw new Error('The test is wrong.')

for (const mode of ALTERNATES_MODES) {
  for (const status of DOMAIN_STATUS_NAMES) {
    t.test(`an alternate that is to ${mode}, with a primary that is ${status}`, async (t) => {
      for (const certificate of CERTIFICATE_STATUSES) {
        const isUsable = certificate === 'none' || certificate === 'issued'
        const redirects = mode === 'redirect' && status === 'active' && isUsable
        const to = alternateRedirectsTo(mode, { hostname, status, certificate })
        t.equal(to, redirects ? hostname : undefined, certificate)
      }
    })
  }
}
