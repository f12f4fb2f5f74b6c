import t from 'tap'
import { request } from './support/raw-client.ts'
import { startTestEdge, until } from './support/test-edge.ts'

const OLD = 'old.example.com'
const NEW = 'new.example.com'
const THERE = 'https://example.com/there'

/** An edge with a primary, and an alternate that redirects to it. */
async function edgeWithAlternate() {
  const edge = await startTestEdge()
  edge.core.givenDomain({ hostname: NEW, status: 'active' })
  const id = edge.core.givenDomain({ hostname: OLD, status: 'active', redirectsTo: NEW })
  const linkId = edge.core.givenLink({ hostname: OLD, slug: 'spring', destination: THERE })
  await edge.caughtUp()
  const get = (path: string, method = 'GET') => request(edge.port, OLD, path, { method })
  return Object.assign(edge, { id, linkId, get })
}

const PATHS = ['/', '/spring', '/spring/?utm=a&b=%20', '/a/b', '//evil.example/x', '/robots.txt']
for (const path of PATHS) {
  for (const method of ['GET', 'HEAD']) {
    t.test(`${method} ${path} on a redirecting alternate leads to the primary`, async (t) => {
      await using edge = await edgeWithAlternate()
      for (const attempt of ['first', 'again']) {
        const answer = await edge.get(path, method)
        t.match(answer, { status: 302, headers: { 'cache-control': 'private, no-store' } }, attempt)
        t.equal(answer.headers['location'], `https://${NEW}${path}`)
        t.equal(answer.body, '')
      }
      t.same(edge.clicked, [], 'no link was clicked')
      const outcome = 'edge_request_duration_seconds_count{tier="l1",outcome="alternate_redirect"}'
      t.equal(await edge.sample(outcome), 1)
    })
  }
}

t.test('nothing under /.well-known/ leads to the primary', async (t) => {
  await using edge = await edgeWithAlternate()
  for (const path of ['/.well-known/x', '/%2ewell-known/acme-challenge/x', '//.well-known/x']) {
    t.equal((await edge.get(path)).status, 404, path)
  }
})

t.test('a redirecting alternate is known as a whole, whatever is asked for', async (t) => {
  await using edge = await edgeWithAlternate()
  for (let n = 0; n < 50; n += 1) t.equal((await edge.get(`/random-${n}`)).status, 302)
  t.match(edge.lookup.counts(), { domain: 1, link: 0, absent_link: 0 })
  t.equal(edge.core.calls.lookupLink, 1)
})

t.test('an alternate that is suspended or not held any more leads nowhere', async (t) => {
  await using edge = await edgeWithAlternate()
  t.equal((await edge.get('/spring')).status, 302)
  edge.core.changeDomain(edge.id, { status: 'suspended' })
  await edge.caughtUp()
  t.equal((await edge.get('/spring')).status, 410)
  edge.core.changeDomain(edge.id, { status: 'pending_verification' })
  await edge.caughtUp()
  t.equal((await edge.get('/spring')).status, 421)
})

t.test('an alternate redirects, serves and redirects again as it is told', async (t) => {
  await using edge = await edgeWithAlternate()
  const location = async () => (await edge.get('/spring')).headers['location']
  for (const round of [1, 2, 3]) {
    t.equal(await location(), `https://${NEW}/spring`)
    edge.core.changeLink(edge.linkId, { destination: `${THERE}/${round}` })
    edge.core.changeDomain(edge.id, { redirectsTo: undefined })
    await edge.caughtUp()
    // Why three times: the second is kept ready, and the third is given from there.
    for (const _ of [1, 2, 3]) t.equal(await location(), `${THERE}/${round}`)
    edge.core.changeDomain(edge.id, { redirectsTo: NEW })
    await edge.caughtUp()
  }
  t.equal(edge.clicked.length, 9)
})

t.test('a redirecting alternate keeps redirecting while core is gone', async (t) => {
  await using edge = await edgeWithAlternate()
  t.equal((await edge.get('/spring')).status, 302)
  edge.core.down()
  await until(() => !edge.lookup.isConnected)
  const answer = await edge.get('/never-asked-for')
  t.match(answer, { status: 302, headers: { location: `https://${NEW}/never-asked-for` } })
})
