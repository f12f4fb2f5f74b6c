import t from 'tap'
import type { Delivery, DeliveryRecord } from '@fingerpost/contract/core-api'
import { inTransaction } from '../src/database/transaction.ts'
import { RECEIVER_LEASES_MAX } from '../src/notices/delivery-store.ts'
import { addNotice } from '../src/notices/notice-store.ts'
import { DELETED_DELIVERIES_BATCH, deleteSomeReceivers } from '../src/notices/receiver-store.ts'
import {
  deleteSomeNotices,
  NOTICES_BATCH,
  NOTICES_KEPT_MS,
} from '../src/notices/sent-notice-store.ts'
import { givenTenant, openInstallation, withEachEngine, type Installation } from './installation.ts'
import { givenRecipient, givenWebhook, tell, writeDepsOf } from './notices.ts'

const LEASE_MS = 30_000

await withEachEngine(t, (t, { newUrl }) => {
  t.test('a fact is told once, to each receiver that wants its event', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const other = await givenTenant(open)
    const all = await givenWebhook(tenant)
    await givenWebhook(tenant, {
      url: 'https://some.example.com/',
      events: ['domain.degraded'],
    })
    await givenWebhook(tenant, { url: 'https://no.example.com/', events: ['domain.active'] })
    const off = await givenWebhook(tenant, { url: 'https://off.example.com/' })
    const path = `/webhooks/${off.id}`
    await tenant.call({ method: 'PATCH', path, body: { is_enabled: false } })
    await givenRecipient(tenant)
    await givenWebhook(other, { url: 'https://other.example.com/' })
    await Promise.all([tell(open, tenant, 'f1'), tell(open, tenant, 'f1')])
    await tell(open, tenant, 'f1', { message: 'Something else.' })
    const deliveries = await claim(open)
    t.same(deliveries.map(addressOf).toSorted(), [
      'https://hooks.example.com/',
      'https://some.example.com/',
      'ops@example.com',
    ])
    t.equal(new Set(deliveries.map(({ noticeId }) => noticeId)).size, 1)
    const [first] = deliveries
    t.same(JSON.parse(first?.payload ?? ''), {
      type: 'domain.degraded',
      timestamp: new Date(open.now()).toISOString(),
      data: {
        workspace_id: tenant.id,
        domain: { id: 'dom_1', hostname: 'links.example.com' },
        message: 'DNS of "links.example.com" leads elsewhere.',
        grace_ends_at: '2027-01-22T08:00:00.000Z',
      },
    })
    t.match(first, { event: 'domain.degraded', attempts: 0, createdAt: open.now() })
    const to = deliveries.find(({ to }) => to.kind === 'webhook' && to.url === all.url)?.to
    t.same(to, { kind: 'webhook', url: all.url, secret: all.secret })
    await tell(open, other, 'f1')
    t.equal((await claim(open)).length, 1, 'facts are of a workspace')
  })

  t.test('a notice is told with what it tells of, or not at all', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await givenWebhook(tenant)
    const failing = inTransaction(async (writing) => {
      await addNotice(
        {
          workspaceId: tenant.id,
          domain: undefined,
          event: 'domain.active',
          fact: 'f',
          message: 'm',
          details: {},
        },
        writing,
      )
      throw new Error('the rest failed')
    }, writeDepsOf(open))
    await t.rejects(failing, /the rest failed/)
    t.same(await claim(open), [])
    await tell(open, tenant, 'f')
    t.equal((await claim(open)).length, 1)
  })

  t.test(
    'a lease holds until it runs out; then the attempt counts, and is made again',
    async (t) => {
      await using open = await openInstallation(await newUrl())
      const tenant = await givenTenant(open)
      await givenWebhook(tenant)
      await tell(open, tenant, 'f')
      const [first] = await claim(open)
      open.advance(LEASE_MS - 1)
      t.same(await claim(open), [])
      open.advance(1)
      const [second] = await claim(open)
      t.match(second, { id: first?.id, noticeId: first?.noticeId, attempts: 1 })
      await record(open, first, { isDelivered: true, nextAttemptAt: undefined })
      t.match(await fared(tenant), [{ status: 'waiting', attempts: 2 }], 'the lease was lost')
      await record(open, second, { isDelivered: true, httpStatus: 204, nextAttemptAt: undefined })
      t.match(await fared(tenant), [
        { status: 'delivered', attempts: 2, http_status: 204, error: null, next_attempt_at: null },
      ])
      open.advance(LEASE_MS)
      t.same(await claim(open), [])
    },
  )

  t.test('a failed attempt is made again when it says, the last one is given up', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await givenWebhook(tenant)
    await tell(open, tenant, 'f')
    const [first] = await claim(open)
    const error = 'The endpoint answered 500.'
    await record(open, first, { error, httpStatus: 500, nextAttemptAt: open.now() + 60_000 })
    t.match(await fared(tenant), [{ status: 'waiting', error, http_status: 500, attempts: 1 }])
    open.advance(59_999)
    t.same(await claim(open), [])
    open.advance(1)
    const [second] = await claim(open)
    await record(open, second, { error, nextAttemptAt: undefined })
    t.match(await fared(tenant), [{ status: 'given_up', attempts: 2, next_attempt_at: null }])
  })

  t.test('the queue of a dead endpoint delays nobody else', async (t) => {
    await using open = await openInstallation(await newUrl())
    const dead = await givenTenant(open)
    await givenWebhook(dead, { url: 'https://dead.example.com/' })
    for (let n = 0; n < 60; n += 1) await tell(open, dead, `f${n}`)
    const alive = await givenTenant(open)
    await givenWebhook(alive, { url: 'https://alive.example.com/' })
    open.advance(3_600_000)
    await tell(open, alive, 'f')
    const claimed = []
    for (let n = 0; n < 5; n += 1) claimed.push(...(await claim(open, 2)))
    t.same(
      claimed.map(addressOf),
      ['https://dead.example.com/', 'https://alive.example.com/', 'https://dead.example.com/'],
      `${RECEIVER_LEASES_MAX} to one receiver at once`,
    )
    open.advance(LEASE_MS)
    await tell(open, alive, 'g')
    const again = await claim(open, 2)
    t.equal(again.length, 2, 'leases that ran out take no place')
  })

  t.test('a dead endpoint is disabled, what waits is given up, the others are told', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const dead = await givenWebhook(tenant, { url: 'https://dead.example.com/' })
    const [first] = await tellAndClaim(open, tenant, 'f')
    await tell(open, tenant, 'g')
    await givenWebhook(tenant, { url: 'https://alive.example.com/' })
    await givenRecipient(tenant)
    await record(open, first, {
      error: 'The endpoint answered 500.',
      httpStatus: 500,
      nextAttemptAt: undefined,
      disablesEndpoint: true,
    })
    const { body } = await tenant.call({ path: `/webhooks/${dead.id}` })
    t.match(body, { is_enabled: false, disabled_reason: /three days.*500/ })
    const told = await claim(open)
    t.same(told.map(addressOf).toSorted(), ['https://alive.example.com/', 'ops@example.com'])
    t.match(JSON.parse(told[0]?.payload ?? ''), {
      type: 'webhook.disabled',
      data: { domain: null, webhook_id: dead.id, url: 'https://dead.example.com/' },
    })
    t.match(
      (await fared(tenant, dead.id)).map(({ status }) => status),
      ['given_up', 'given_up'],
    )
    await tell(open, tenant, 'h')
    const path = `/webhooks/${dead.id}`
    const enabled = await tenant.call({ method: 'PATCH', path, body: { is_enabled: true } })
    t.match(enabled.body, { is_enabled: true, disabled_reason: null })
    await tell(open, tenant, 'i')
    const addresses = (await claim(open)).map(addressOf)
    t.equal(addresses.filter((address) => address === dead.url).length, 1)
  })

  t.test('an endpoint that took something meanwhile is not disabled, but by its 410', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const hook = await givenWebhook(tenant)
    const [first] = await tellAndClaim(open, tenant, 'f')
    const [second] = await tellAndClaim(open, tenant, 'g')
    await record(open, second, { isDelivered: true, nextAttemptAt: undefined })
    const failed = { error: 'It answered 400.', nextAttemptAt: undefined, disablesEndpoint: true }
    await record(open, first, { ...failed, httpStatus: 400 })
    t.match((await tenant.call({ path: `/webhooks/${hook.id}` })).body, { is_enabled: true })
    const [third] = await tellAndClaim(open, tenant, 'h')
    await record(open, third, { ...failed, httpStatus: 410 })
    t.match((await tenant.call({ path: `/webhooks/${hook.id}` })).body, {
      is_enabled: false,
      disabled_reason: /410/,
    })
  })

  t.test('the deliveries of a deleted receiver go bit by bit, and nobody sees them', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const hook = await givenWebhook(tenant)
    const stays = await givenRecipient(tenant)
    await inTransaction(async (writing) => {
      const notice = { workspaceId: tenant.id, domain: undefined, event: 'domain.active' } as const
      for (let n = 0; n < DELETED_DELIVERIES_BATCH; n += 1) {
        await addNotice({ ...notice, fact: `${n}`, message: 'm', details: {} }, writing)
      }
    }, writeDepsOf(open))
    const path = `/webhooks/${hook.id}`
    t.equal((await tenant.call({ method: 'DELETE', path })).status, 204)
    for (const method of ['GET', 'DELETE'] as const) {
      t.equal((await tenant.call({ method, path })).status, 404)
    }
    t.same((await tenant.call({ path: '/webhooks' })).body.data, [])
    t.same(await fared(tenant, hook.id), [])
    t.equal(await countDeliveries(open), 2 * DELETED_DELIVERIES_BATCH, 'nothing is deleted yet')
    t.same((await claim(open)).map(addressOf), ['ops@example.com'])
    t.ok(await deleteSomeReceivers(writeDepsOf(open)))
    t.equal(await countDeliveries(open), DELETED_DELIVERIES_BATCH)
    t.ok(await deleteSomeReceivers(writeDepsOf(open)))
    t.notOk(await deleteSomeReceivers(writeDepsOf(open)))
    const left = await open.storage.db.selectFrom('notice_receivers').select('id').execute()
    t.same(left, [{ id: stays.id }])
  })

  t.test('two workers that claim at once never get the same delivery', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenants = await Promise.all(Array.from({ length: 12 }, () => givenTenant(open)))
    for (const tenant of tenants) {
      await givenWebhook(tenant)
      await tell(open, tenant, 'f')
    }
    const claimed: Delivery[] = []
    const worker = async (): Promise<void> => {
      for (let n = 0; n < 12; n += 1) claimed.push(...(await claim(open, 3)))
    }
    await Promise.all([worker(), worker(), worker()])
    t.equal(claimed.length, 12)
    t.equal(new Set(claimed.map(({ id }) => id)).size, 12)
  })

  t.test('notices go with their deliveries when they are too old, bit by bit', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await givenWebhook(tenant)
    await inTransaction(async (writing) => {
      const notice = { workspaceId: tenant.id, domain: undefined, event: 'domain.active' } as const
      for (let n = 0; n <= NOTICES_BATCH; n += 1) {
        await addNotice({ ...notice, fact: `${n}`, message: 'm', details: {} }, writing)
      }
    }, writeDepsOf(open))
    open.advance(NOTICES_KEPT_MS - 1)
    t.equal(await deleteSomeNotices(writeDepsOf(open)), false)
    t.equal(await countDeliveries(open), NOTICES_BATCH + 1)
    open.advance(1)
    t.equal(await deleteSomeNotices(writeDepsOf(open)), true)
    t.equal(await deleteSomeNotices(writeDepsOf(open)), false)
    t.equal(await countDeliveries(open), 0)
    t.same((await tenant.call({ path: '/notices' })).body.data, [])
  })
})

function claim(open: Installation, limit = 100): Promise<readonly Delivery[]> {
  return open.core.claimDeliveries({ workerId: 'w', limit, leaseMs: LEASE_MS })
}

async function tellAndClaim(
  open: Installation,
  tenant: Parameters<typeof tell>[1],
  fact: string,
): Promise<readonly Delivery[]> {
  await tell(open, tenant, fact)
  return claim(open)
}

async function record(
  open: Installation,
  delivery: Delivery | undefined,
  differs: Partial<DeliveryRecord>,
): Promise<void> {
  await open.core.recordDelivery({
    deliveryId: delivery?.id ?? '',
    lease: delivery?.lease ?? '',
    isDelivered: false,
    error: '',
    httpStatus: undefined,
    nextAttemptAt: undefined,
    disablesEndpoint: false,
    ...differs,
  })
}

async function fared(
  tenant: Parameters<typeof tell>[1],
  receiverId?: string,
): Promise<readonly { readonly status: string; readonly receiver_id: string }[]> {
  const { body } = await tenant.call({ path: '/notices' })
  return body.data
    .flatMap((notice: { readonly deliveries: readonly object[] }) => notice.deliveries)
    .filter(
      (one: { readonly receiver_id: string }) =>
        receiverId === undefined || one.receiver_id === receiverId,
    )
}

async function countDeliveries(open: Installation): Promise<number> {
  return (await open.storage.db.selectFrom('deliveries').select('id').execute()).length
}

function addressOf({ to }: Delivery): string {
  return to.kind === 'webhook' ? to.url : to.address
}
