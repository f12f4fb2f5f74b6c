import { plainCheck } from '@fingerpost/contract/fake-rows'
import t from 'tap'
import type { CheckRecord, DueDomain } from '@fingerpost/contract/core-api'
import { deleteSomeLinks } from '../src/domains/deleted-links.ts'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Installation,
} from './installation.ts'

const RIVALS = 50

await withEachEngine(t, (t, { newUrl }) => {
  t.test('of 50 workspaces that prove a hostname at once exactly one holds it', async (t) => {
    await using open = await openInstallation(await newUrl())
    const hostname = 'links.example.com'
    for (let n = 0; n < RIVALS; n += 1) await givenDomain(await givenTenant(open), hostname)
    const due = await claim(open)
    t.equal(due.length, RIVALS)
    const outcomes = await Promise.all(due.map((one) => open.core.recordCheck(verify(open, one))))
    t.equal(outcomes.filter((outcome) => outcome === 'applied').length, 1)
    t.equal(outcomes.filter((outcome) => outcome === 'hostname_in_use').length, RIVALS - 1)
    const rows = await open.storage.db.selectFrom('domains').selectAll().execute()
    t.equal(rows.filter((row) => row.is_holder === 1).length, 1)
    const winner = due[outcomes.indexOf('applied')]
    t.match(
      rows.find((row) => row.is_holder === 1),
      { id: winner?.id, status: 'verified', version: 2 },
    )
    const losers = rows.filter((row) => row.is_holder === 0)
    t.ok(losers.every((row) => row.reason === 'hostname_in_use' && row.version === 1))
    t.ok(losers.every((row) => row.status === 'pending_verification'))
  })

  t.test('a name under localhost that many want at once becomes one’s', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenants = []
    for (let n = 0; n < 12; n += 1) tenants.push(await givenTenant(open))
    const body = { hostname: 'go.localhost' }
    const answers = await Promise.all(
      tenants.map((tenant) => tenant.call({ method: 'POST', path: '/domains', body })),
    )
    t.equal(answers.filter((answer) => answer.status === 201).length, 1)
    t.equal(answers.filter((answer) => answer.status === 409).length, 11)
  })

  t.test('a slug that many want at once becomes one’s', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const body = { domain_id: id, slug: 'a', destination_url: 'https://example.com/' }
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => tenant.call({ method: 'POST', path: '/links', body })),
    )
    t.equal(answers.filter((answer) => answer.status === 201).length, 1)
    t.equal(answers.filter((answer) => answer.status === 409).length, 11)
    const [counts] = await open.storage.db.selectFrom('workspaces').selectAll().execute()
    t.equal(counts?.link_count, 1, 'what was refused is not counted')
  })

  t.test('links that are made while their domain is deleted leave nothing behind', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const body = { domain_id: id, destination_url: 'https://example.com/' }
    const made = Array.from({ length: 10 }, () =>
      tenant.call({ method: 'POST', path: '/links', body }),
    )
    const deleted = tenant.call({ method: 'DELETE', path: `/domains/${id}` })
    const more = Array.from({ length: 10 }, () =>
      tenant.call({ method: 'POST', path: '/links', body }),
    )
    t.equal((await deleted).status, 204)
    for (const answer of await Promise.all([...made, ...more])) {
      t.ok([201, 404].includes(answer.status), answer.text)
    }
    const deps = { ...open, clock: { now: open.now } }
    while (await deleteSomeLinks(deps));
    t.same(await open.storage.db.selectFrom('links').selectAll().execute(), [])
    const [counts] = await open.storage.db.selectFrom('workspaces').selectAll().execute()
    t.match(counts, { domain_count: 0, link_count: 0 })
  })
})

function claim(open: Installation): Promise<readonly DueDomain[]> {
  return open.core.claimDueDomains({ workerId: 'test', limit: 100, leaseMs: 60_000 })
}

function verify(open: Installation, due: DueDomain): CheckRecord {
  const reason = { code: 'ownership_proved', message: 'The TXT record was found.' } as const
  return {
    ...plainCheck(due, open.now()),
    transition: { to: 'verified', ...reason },
    reason,
    nextCheckAt: open.now() + 900_000,
  }
}
