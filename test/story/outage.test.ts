import { eventually } from '../support/eventually.ts'
import { forEachCaddy } from './for-each-caddy.ts'
import type { Installation } from './installation.ts'
import { publishRecords, visit } from './story.ts'

const HOSTNAME = 'links.acme.test'
const REDIRECTED = { kind: 'answered', status: 302 }

await forEachCaddy(
  'a restarted Caddy serves while everything behind ask is dead, and from the file of a new ask',
  async (t, fingerpost) => {
    await serveOneLink(fingerpost)
    t.match(await visit(fingerpost, HOSTNAME, '/spring'), REDIRECTED, 'everything is up')

    await fingerpost.kill('api-core')
    await fingerpost.restartCaddy()
    t.match(await visit(fingerpost, HOSTNAME, '/spring'), REDIRECTED, 'api-core is dead')

    await fingerpost.kill('domain-manager')
    await fingerpost.restartCaddy()
    t.match(await visit(fingerpost, HOSTNAME, '/spring'), REDIRECTED, 'domain-manager is dead, too')

    await fingerpost.kill('ask')
    t.match(await visit(fingerpost, HOSTNAME, '/spring'), REDIRECTED, 'ask is dead as well')
    await fingerpost.start('ask')
    await fingerpost.restartCaddy()
    t.match(await visit(fingerpost, HOSTNAME, '/spring'), REDIRECTED, 'ask came back from its file')
    await fingerpost.start('domain-manager')
    t.same(fingerpost.pebble.orders(), [HOSTNAME], 'all with the one certificate')

    await fingerpost.start('api-core')
    await fingerpost.kill('edge')
    await fingerpost.start('edge')
    await eventually(
      'a cold edge redirects once api-core is back',
      async () => {
        const outcome = await visit(fingerpost, HOSTNAME, '/spring')
        return outcome.kind === 'answered' && outcome.status === 302
      },
      { withinMs: 20_000 },
    )
  },
)

await forEachCaddy('a resolver that fails changes nothing', async (t, fingerpost) => {
  const { workspaceId, domainId } = await serveOneLink(fingerpost)
  t.match(await visit(fingerpost, HOSTNAME, '/spring'), REDIRECTED, 'DNS is up')
  await fingerpost.dns.setServfail(HOSTNAME)
  await fingerpost.dns.forgetQuestions(HOSTNAME)
  await fingerpost.api.checkDomain(workspaceId, domainId)
  await eventually(
    'the domain was looked at',
    async () => (await fingerpost.dns.questions(HOSTNAME)).length > 0,
    { withinMs: 20_000 },
  )
  const domain = await eventually(
    'the check is stored',
    async () => {
      const now = await fingerpost.api.getDomain(workspaceId, domainId)
      return now.records.some(({ type, state }) => type === 'CNAME' && state === 'unknown') && now
    },
    { withinMs: 20_000 },
  )
  t.equal(domain.status, 'active')
  t.equal(domain.grace_ends_at, null)
  t.match(await visit(fingerpost, HOSTNAME, '/spring'), REDIRECTED, 'DNS fails')
})

async function serveOneLink(fingerpost: Installation) {
  const workspaceId = await fingerpost.api.createWorkspace('Acme')
  const domain = await fingerpost.api.addDomain(workspaceId, HOSTNAME)
  await fingerpost.api.createLink(workspaceId, {
    domain_id: domain.id,
    slug: 'spring',
    destination_url: 'https://www.acme.test/spring',
  })
  await publishRecords(fingerpost, domain)
  await eventually(
    'the domain is active',
    async () => (await fingerpost.api.getDomain(workspaceId, domain.id)).status === 'active',
    { withinMs: 30_000 },
  )
  return { workspaceId, domainId: domain.id }
}
