import { forEachCaddy } from './for-each-caddy.ts'
import { CHANGED_URL, DESTINATION_URL, HOSTNAME, playStory, type Listener } from './story.ts'

const SILENT: Listener = { chapter() {}, tell() {}, timed() {} }

await forEachCaddy(
  'a domain is proved, served, lost, suspended and recovers',
  async (t, fingerpost) => {
    const outcome = await playStory(fingerpost, SILENT)

    t.equal(outcome.firstVisit.status, 302)
    t.equal(outcome.firstVisit.headers.location, DESTINATION_URL)
    t.equal(outcome.firstVisit.certificate.keyType, 'ec prime256v1')
    t.equal(outcome.firstVisit.certificate.subjectAltName, `DNS:${HOSTNAME}`)
    t.equal(outcome.ordersBeforeFirstVisit, 1, 'the certificate was there before any visitor')
    t.same(fingerpost.pebble.orders(), [HOSTNAME], 'one certificate for the whole life')
    t.match(fingerpost.pebble.challenges(), { http01: 1, other: 0 }, 'by HTTP-01 and nothing else')

    // Why 410 and not an alert: Caddy holds the certificate in memory; the edge refuses.
    t.match(outcome.suspendedVisit, { kind: 'answered', status: 410 })
    t.match(outcome.lastVisit, {
      kind: 'answered',
      status: 302,
      headers: { location: CHANGED_URL },
    })
    t.same(
      outcome.statuses.filter((status) => status !== 'verified'),
      ['pending_verification', 'active', 'degraded', 'suspended', 'active'],
    )
  },
)
