import type { Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import type { ApiDomain } from './api-client.ts'
import { forEachCaddy } from './for-each-caddy.ts'
import type { Installation } from './installation.ts'
import { publishRecords, publishRouting, SHORT_SETTINGS, visit } from './story.ts'

// Why nobody: the certificates of these domains are not to be there before they lose them.
const NOT_WARM = { DOMAINS_CADDY_TLS_ADDR: '127.0.0.1:9' }

/** What a visitor gets who may not have a certificate: an alert in the handshake, nothing else. */
const REFUSED = { kind: 'alert', alert: 'internal error' }

await forEachCaddy(
  'nobody but a proved domain gets a certificate, and no order is made for them',
  async (t, fingerpost) => {
    await fingerpost.stop('domain-manager')
    await fingerpost.start('domain-manager', { ...SHORT_SETTINGS, ...NOT_WARM })
    const workspaceId = await fingerpost.api.createWorkspace('Acme')
    const add = (hostname: string) => fingerpost.api.addDomain(workspaceId, hostname)
    const until = (domain: ApiDomain, status: string) =>
      eventually(
        `${domain.hostname} is ${status}`,
        async () => (await fingerpost.api.getDomain(workspaceId, domain.id)).status === status,
        { withinMs: 30_000 },
      )

    // Its CNAME leads to us, so only the missing proof stands between it and a certificate.
    const pending = await add('pending.acme.test')
    await publishRouting(fingerpost, pending)

    const suspended = await add('suspended.acme.test')
    await publishRecords(fingerpost, suspended)
    await until(suspended, 'active')
    await fingerpost.dns.clearCname(suspended.hostname)
    await until(suspended, 'suspended')

    const deleted = await add('deleted.acme.test')
    await publishRecords(fingerpost, deleted)
    await until(deleted, 'active')
    await fingerpost.api.deleteDomain(workspaceId, deleted.id)
    await untilAskSays(fingerpost, deleted.hostname, 404)

    // Names that resolve to us although nobody added them.
    for (const unknown of ['unknown.acme.test', 'deep.below.pending.acme.test']) {
      await fingerpost.dns.setA(unknown, ['127.0.0.1'])
      await refuses(t, fingerpost, unknown)
    }
    await refuses(t, fingerpost, pending.hostname)
    await refuses(t, fingerpost, suspended.hostname)
    await refuses(t, fingerpost, deleted.hostname)
    t.same(fingerpost.pebble.orders(), [], 'Pebble has seen no order')
  },
)

async function refuses(t: Test, fingerpost: Installation, hostname: string): Promise<void> {
  t.match(await visit(fingerpost, hostname, '/'), REFUSED, hostname)
}

async function untilAskSays(fingerpost: Installation, hostname: string, status: number) {
  const url = `http://127.0.0.1:${fingerpost.ports.ask}/ask?domain=${hostname}`
  await eventually(`ask answers ${status}`, async () => (await fetch(url)).status === status, {
    withinMs: 10_000,
  })
}
