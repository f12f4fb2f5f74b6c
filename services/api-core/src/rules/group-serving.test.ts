import t from 'tap'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { ALTERNATES_MODES, alternateRedirectsTo } from './group-serving.ts'

const hostname = canonicalHostname('new.example.com')
if (hostname === undefined) throw new Error('The test is wrong.')

for (const mode of ALTERNATES_MODES) {
  for (const status of DOMAIN_STATUS_NAMES) {
    const redirects = mode === 'redirect' && status === 'active'
    t.test(`an alternate that is to ${mode}, with a primary that is ${status}`, async (t) => {
      t.equal(alternateRedirectsTo(mode, { hostname, status }), redirects ? hostname : undefined)
    })
  }
}
