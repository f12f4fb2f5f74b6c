import { NO_OBSERVATIONS } from '@fingerpost/model/domain-check'
import { lookedAt, plainCheck } from '@fingerpost/contract/fake-rows'
import t from 'tap'
import { targetOf } from '../../../packages/contract/test/contract-steps.ts'
import type { CheckRecord } from '@fingerpost/contract/core-api'
import {
  ADMIN_TOKEN,
  givenDomain,
  givenLink,
  givenTenant,
  NAMING,
  openInstallation,
  withEachEngine,
  type Installation,
} from './installation.ts'

const KEYS = [
  'id',
  'workspace_id',
  'hostname',
  'tier',
  'status',
  'status_since',
  'grace_ends_at',
  'reason',
  'verification_token',
  'records',
  'certificate',
  'probe',
  'caa',
  'stages',
  'root_redirect_url',
  'not_found_redirect_url',
  'honours_privacy_signals',
  'group_id',
  'next_check_at',
  'version',
  'created_at',
]

await withEachEngine(t, (t, { newUrl }) => {
  t.test('a domain is added with all that its owner has to publish', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const made = await tenant.call({
      method: 'POST',
      path: '/domains',
      body: { hostname: 'Links.Bücher.example.', tier: 'business' },
    })
    t.equal(made.status, 201)
    const hostname = 'links.xn--bcher-kva.example'
    t.same(Object.keys(made.body), KEYS)
    t.match(made.body, {
      id: /^dom_[0-9a-v]{26}$/,
      workspace_id: tenant.id,
      hostname,
      tier: 'business',
      status: 'pending_verification',
      grace_ends_at: null,
      reason: { code: 'not_checked_yet' },
      verification_token: /^fp-[a-z2-7]{32}$/,
      records: [
        { type: 'CNAME', name: hostname, purpose: 'routing', state: 'unknown', found: [] },
        { type: 'TXT', name: `_fingerpost-verify.${hostname}`, purpose: 'ownership' },
      ],
      certificate: { status: 'none', issuer: null, key_type: null, not_after: null, error: null },
      next_check_at: new Date(open.now()).toISOString(),
      version: 1,
      created_at: new Date(open.now()).toISOString(),
    })
    t.match(made.body.records[0].value, /^[a-z2-7]{12}\.edge\.example\.net$/)
    t.equal(made.body.records[1].value, made.body.verification_token)
    t.equal(made.body.stages.length, 5)
    const path = `/domains/${made.body.id}`
    t.same((await tenant.call({ path })).body, made.body)
    t.same((await tenant.call({ path: '/domains' })).body.data, [made.body])
  })

  t.test('a hostname is taken within its workspace, and free for a claim by another', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    const first = await givenDomain(one, 'links.example.com')
    const body = { hostname: 'LINKS.example.com' }
    const again = await one.call({ method: 'POST', path: '/domains', body })
    t.match(again, { status: 409, body: { code: 'hostname_taken', hostname: 'links.example.com' } })
    const claim = await givenDomain(other, 'links.example.com')
    t.equal(claim.status, 'pending_verification')
    t.not(claim.verification_token, first.verification_token)
    t.not(claim.records[0].value, first.records[0].value)
    t.equal((await one.call({ path: '/domains' })).body.data.length, 1)
  })

  t.test('a name under localhost is served at once, by one workspace', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    const made = await givenDomain(one, 'go.localhost')
    t.match(made, { status: 'active', reason: { code: 'local_name' }, next_check_at: null })
    for (const stage of made.stages) t.equal(stage.state, 'done')
    const body = { hostname: 'go.localhost' }
    const taken = await other.call({ method: 'POST', path: '/domains', body })
    t.match(taken, { status: 409, body: { code: 'hostname_taken' } })
    const checked = await one.call({ method: 'POST', path: `/domains/${made.id}/check` })
    t.match(checked, { status: 202, body: { next_check_at: null } })
    t.same(await claim(open), [])
    await one.call({ method: 'DELETE', path: `/domains/${made.id}` })
    t.equal((await other.call({ method: 'POST', path: '/domains', body })).status, 201)
  })

  t.test('redirect settings are set, kept and cleared, each for itself', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const patch = (body: object) => tenant.call({ method: 'PATCH', path: `/domains/${id}`, body })
    const both = {
      root_redirect_url: 'https://example.com',
      not_found_redirect_url: 'http://b.de/x',
    }
    t.match(await patch(both), {
      status: 200,
      body: { ...both, root_redirect_url: 'https://example.com/', version: 2 },
    })
    const cleared = await patch({ root_redirect_url: null })
    t.match(cleared.body, { root_redirect_url: null, not_found_redirect_url: 'http://b.de/x' })
    const loops = await patch({ root_redirect_url: 'http://GO.localhost:8080/?x=1' })
    t.match(loops, { status: 400, body: { code: 'destination_loops' } })
    const mayLoop = await patch({ not_found_redirect_url: 'https://go.localhost/help' })
    t.match(mayLoop, { status: 400, body: { code: 'destination_loops' } })
    const elsewhere = await patch({ root_redirect_url: 'https://go.localhost/start' })
    t.equal(elsewhere.status, 200)
  })

  t.test(
    'whether privacy signals are honoured is set for itself, and edges hear of it',
    async (t) => {
      await using open = await openInstallation(await newUrl())
      const tenant = await givenTenant(open)
      const made = await givenDomain(tenant, 'go.localhost')
      t.equal(made.honours_privacy_signals, true)
      const path = `/domains/${made.id}`
      const patch = (body: object) => tenant.call({ method: 'PATCH', path, body })
      const target = targetOf('go.localhost', 'spring')
      const before = await open.core.lookupLink(target)
      t.equal(before.domain?.honoursPrivacySignals, true)
      const off = await patch({ honours_privacy_signals: false })
      t.match(off, { status: 200, body: { honours_privacy_signals: false, version: 2 } })
      const after = await open.core.lookupLink(target)
      t.equal(after.domain?.honoursPrivacySignals, false)
      t.equal(after.sequence, before.sequence + 1)
      const news = open.storage.db.selectFrom('changes').selectAll().orderBy('sequence', 'desc')
      t.match(await news.executeTakeFirst(), { kind: 'hostname', hostname: 'go.localhost' })
      const other = await patch({ root_redirect_url: 'https://example.com/' })
      t.equal(other.body.honours_privacy_signals, false, 'what is absent stays')
      for (const value of [null, 1, 'true']) {
        t.match(await patch({ honours_privacy_signals: value }), { status: 400 }, String(value))
      }
      t.match(await patch({ honours_privacy_signals: true }), {
        body: { honours_privacy_signals: true, root_redirect_url: 'https://example.com/' },
      })
    },
  )

  t.test('a deleted domain takes its links along and stays as a tombstone', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const link = await givenLink(tenant, { domain_id: id, slug: 'a', tags: ['x'] })
    t.equal((await tenant.call({ method: 'DELETE', path: `/domains/${id}` })).status, 204)
    for (const path of [`/domains/${id}`, `/links/${link.id}`]) {
      t.equal((await tenant.call({ path })).status, 404, path)
    }
    const { db } = open.storage
    const [row] = await db.selectFrom('domains').selectAll().execute()
    t.match(row, { id, is_holder: 0, deleted_at: open.now() })
    const [counts] = await db.selectFrom('workspaces').selectAll().execute()
    t.match(counts, { domain_count: 0, link_count: 0 })
    const again = await givenDomain(tenant, 'go.localhost')
    t.not(again.id, id)
    t.equal((await tenant.call({ path: '/links' })).body.data.length, 0)
  })

  t.test('a list of domains is paged and filtered by status', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const names = Array.from({ length: 7 }, (_, n) => `n${n}.example.com`)
    for (const name of names) await givenDomain(tenant, name)
    await givenDomain(tenant, 'go.localhost')
    const seen: string[] = []
    let path = '/domains?limit=3&status=pending_verification'
    for (let pages = 0; path !== '' && pages < 9; pages += 1) {
      const { body } = await tenant.call({ path })
      seen.push(...body.data.map((domain: { hostname: string }) => domain.hostname))
      path =
        body.next_cursor === null
          ? ''
          : `/domains?limit=3&status=pending_verification&cursor=${body.next_cursor}`
    }
    t.same(seen.toSorted(), names)
    const active = await tenant.call({ path: '/domains?status=active' })
    t.match(active.body, { data: [{ hostname: 'go.localhost' }], next_cursor: null })
  })

  t.test(
    'a check that is asked for again and again never holds up the one that runs',
    async (t) => {
      await using open = await openInstallation(await newUrl())
      const tenant = await givenTenant(open)
      const { id } = await givenDomain(tenant, 'links.example.com')
      const dueAt = open.now()
      open.advance(700_000)
      const running = await claimFirst(open)
      const call = { method: 'POST', path: `/domains/${id}/check` } as const
      for (let times = 0; times < 3; times += 1) {
        open.advance(1_000)
        const asked = await tenant.call(call)
        t.match(asked, { status: 202, body: { next_check_at: new Date(dueAt).toISOString() } })
        t.same(await claim(open), [], 'one check at a time')
      }
      const askedAt = open.now()
      open.advance(1_000)
      const record = { ...recordOf(open, running, 'verified'), nextCheckAt: open.now() + 900_000 }
      t.equal(await open.core.recordCheck(record), 'applied')
      t.match(await claimFirst(open), {
        id,
        status: 'verified',
        quietChecks: 0,
        fastUntil: askedAt + 600_000,
        dueAt: open.now(),
      })
    },
  )

  t.test('a check that was asked for is done once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'links.example.com')
    const first = await claimFirst(open)
    await tenant.call({ method: 'POST', path: `/domains/${id}/check` })
    for (const due of [first, undefined]) {
      const running = due ?? (await claimFirst(open))
      const record = { ...recordOf(open, running), nextCheckAt: open.now() + 900_000 }
      t.equal(await open.core.recordCheck(record), 'applied')
    }
    t.same(await claim(open), [])
  })

  t.test('a domain that is asked about after its date is due at once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'links.example.com')
    for (const nextCheckAt of [open.now() + 900_000, undefined]) {
      await open.core.recordCheck({ ...recordOf(open, await claimFirst(open)), nextCheckAt })
      const asked = await tenant.call({ method: 'POST', path: `/domains/${id}/check` })
      t.match(asked, { status: 202, body: { next_check_at: new Date(open.now()).toISOString() } })
    }
    t.match(await claimFirst(open), { id, quietChecks: 0 })
  })

  t.test('changed settings never hold up a check, a changed status does', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'links.example.com')
    const patch = async (n: number) => {
      const body = { root_redirect_url: `https://example.com/${n}` }
      return (await tenant.call({ method: 'PATCH', path: `/domains/${id}`, body })).body.version
    }
    t.equal(await patch(1), 2)
    const first = await claimFirst(open)
    t.same([await patch(2), await patch(3)], [3, 4])
    t.equal(await open.core.recordCheck(recordOf(open, first, 'verified')), 'applied')
    t.match((await tenant.call({ path: `/domains/${id}` })).body, {
      status: 'verified',
      version: 5,
      root_redirect_url: 'https://example.com/3',
    })
    const second = await claimFirst(open)
    t.equal(await patch(4), 6)
    const { db } = open.storage
    await db.updateTable('domains').set({ status: 'active', version: 7 }).execute()
    t.equal(await open.core.recordCheck(recordOf(open, second, 'degraded')), 'superseded')
    t.equal((await tenant.call({ path: `/domains/${id}` })).body.status, 'active')
  })

  t.test('the timeline tells every transition with its evidence', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'links.example.com')
    for (const to of [undefined, 'verified', undefined, 'active'] as const) {
      open.advance(1_000)
      const [due] = await claim(open)
      if (due === undefined) throw new Error('Nothing is due.')
      t.equal(await open.core.recordCheck(recordOf(open, due, to)), 'applied')
    }
    const { body } = await tenant.call({ path: `/domains/${id}/events` })
    t.match(body.data, [
      { kind: 'status_changed', status_from: 'verified', status_to: 'active' },
      { kind: 'status_changed', status_from: 'pending_verification', status_to: 'verified' },
      { kind: 'reason_changed', status_from: 'pending_verification' },
      { kind: 'added', status_from: null, status_to: 'pending_verification' },
    ])
    t.match(body.data[0].evidence.routing, {
      state: 'wrong',
      found: ['elsewhere.example.org'],
      checked_at: new Date(open.now()).toISOString(),
    })
    const first = await tenant.call({ path: `/domains/${id}/events?limit=3` })
    const rest = await tenant.call({
      path: `/domains/${id}/events?limit=3&cursor=${first.body.next_cursor}`,
    })
    t.same([...first.body.data, ...rest.body.data], body.data)
  })

  t.test('who loses the hostname to another is told so', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    await givenDomain(one, 'links.example.com')
    const { id } = await givenDomain(other, 'links.example.com')
    const due = await claim(open)
    const outcomes = []
    for (const domain of due.toSorted((a) => (a.id === id ? 1 : -1))) {
      outcomes.push(await open.core.recordCheck(recordOf(open, domain, 'verified')))
    }
    t.same(outcomes, ['applied', 'hostname_in_use'])
    const { body } = await other.call({ path: `/domains/${id}` })
    t.match(body, { status: 'pending_verification', reason: { code: 'hostname_in_use' } })
    t.match(body.stages[1], { id: 'prove_ownership', state: 'failed' })
  })

  t.test('the limit of domains counts what is there', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await open.storage.db.updateTable('workspaces').set({ domain_count: 9_999 }).execute()
    await givenDomain(tenant, 'one.example.com')
    const body = { hostname: 'two.example.com' }
    const tooMany = await tenant.call({ method: 'POST', path: '/domains', body })
    t.match(tooMany, { status: 409, body: { code: 'limit_reached', limit: 10_000 } })
    t.equal((await tenant.call({ path: '/domains' })).body.data.length, 1)
  })
})

t.test('without a public target the domain says who has to set it', async (t) => {
  const naming = { ...NAMING, publicTarget: undefined }
  await using open = await openInstallation('sqlite::memory:', { naming })
  const tenant = await givenTenant(open)
  const domain = await givenDomain(tenant, 'links.example.com')
  t.match(domain.records[0].value, /^[a-z2-7]{12}\.edge\.localhost$/)
  t.match(domain.stages[0].you, 'the operator of this server has to set FINGERPOST_PUBLIC_TARGET')
})

t.test('a name under the operator’s target is nobody’s', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  const tenant = await givenTenant(open)
  const body = { hostname: 'x.edge.example.net' }
  const answer = await tenant.call({ method: 'POST', path: '/domains', body, token: ADMIN_TOKEN })
  t.match(answer.body, { code: 'hostname_invalid', problem: 'under_public_target' })
})

type Due = Awaited<ReturnType<Installation['core']['claimDueDomains']>>[number]

function claim(open: Installation): Promise<readonly Due[]> {
  return open.core.claimDueDomains({ workerId: 'test', limit: 100, leaseMs: 60_000 })
}

async function claimFirst(open: Installation): Promise<Due> {
  const [due] = await claim(open)
  if (due === undefined) throw new Error('Nothing is due.')
  return due
}

function recordOf(open: Installation, due: Due, to?: Due['status']): CheckRecord {
  const reason = { code: 'txt_not_found', message: 'There is no TXT record.' } as const
  return {
    ...plainCheck(due, open.now()),
    transition: to === undefined ? undefined : { to, ...reason },
    observations: {
      ...NO_OBSERVATIONS,
      routing: lookedAt('wrong', ['elsewhere.example.org'], open.now()),
      ownership: lookedAt('missing', [], open.now()),
    },
    reason,
    nextCheckAt: open.now(),
  }
}
