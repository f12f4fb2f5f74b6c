import t from 'tap'
import { request } from './support/raw-client.ts'
import { startTestEdge } from './support/test-edge.ts'

const HOSTNAME = 'links.example.com'

t.test('a claim that nobody proved costs the holder nothing that is kept', async (t) => {
  await using edge = await startTestEdge()
  edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  edge.core.givenLink({ hostname: HOSTNAME, slug: 'spring', destination: 'https://example.com/' })
  await edge.caughtUp()
  const visit = async (path: string) => (await request(edge.port, HOSTNAME, path)).status
  t.same([await visit('/spring'), await visit('/lost')], [302, 404])
  const lookups = edge.core.calls.lookupLink

  const claim = edge.core.givenDomain({ hostname: HOSTNAME, workspaceId: 'ws_2' })
  edge.core.changeDomain(claim, { rootUrl: 'https://example.org/' })
  for (const slug of ['spring', 'lost']) {
    const link = edge.core.givenLinkOf(claim, { slug, destination: 'https://example.org/1' })
    edge.core.changeLink(link, { destination: 'https://example.org/2' })
  }
  edge.core.deleteDomain(claim)
  // Why one more: the stream keeps the order, so what was told before it is applied by then.
  edge.core.givenDomain({ hostname: 'other.example.com' })
  await edge.caughtUp()
  t.same([await visit('/spring'), await visit('/lost')], [302, 404])
  t.equal(edge.core.calls.lookupLink, lookups)
})

t.test('what was known of a hostname’s links is not believed of its next holder', async (t) => {
  await using edge = await startTestEdge()
  const first = edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  edge.core.givenLinkOf(first, { slug: 'spring', destination: 'https://example.com/' })
  const second = edge.core.givenDomain({ hostname: HOSTNAME, workspaceId: 'ws_2' })
  await edge.caughtUp()
  const visit = async (path: string) => {
    const { status, headers } = await request(edge.port, HOSTNAME, path)
    return [status, headers['location']]
  }
  t.same(await visit('/spring'), [302, 'https://example.com/'])
  t.match(await visit('/lost'), [404])
  // The edge is told of neither link.
  edge.core.givenLinkOf(second, { slug: 'lost', destination: 'https://example.org/lost' })
  edge.core.deleteDomain(first)
  edge.core.changeDomain(second, { status: 'verified' })
  await edge.caughtUp()
  t.same(await visit('/lost'), [302, 'https://example.org/lost'])
  t.match(await visit('/spring'), [404])
})
