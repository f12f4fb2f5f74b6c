import t from 'tap'
import type { Delivery, DeliveryRecord } from '@fingerpost/contract/core-api'
import {
  NEXT_ATTEMPT_MS_MAX,
  RECEIVER_LEASES_MAX,
  WORKSPACE_LEASES_MAX,
} from '../src/notices/delivery-store.ts'
import { deleteSomeReceivers, RECEIVERS_MAX } from '../src/notices/receiver-store.ts'
import { givenTenant, openInstallation, withEachEngine, type Installation } from './installation.ts'
import { givenWebhook, tell, writeDepsOf } from './notices.ts'

const LEASE_MS = 30_000

await withEachEngine(t, (t, { newUrl }) => {
  t.test('a workspace with many slow endpoints takes only so many places', async (t) => {
    await using open = await openInstallation(await newUrl())
    const slow = await givenTenant(open)
    for (let n = 0; n < RECEIVERS_MAX; n += 1) {
      await givenWebhook(slow, { url: `https://slow.example.com/${n}` })
    }
    for (let n = 0; n < 3; n += 1) await tell(open, slow, `f${n}`)
    open.advance(3_600_000)
    const others = [await givenTenant(open), await givenTenant(open)]
    for (const other of others) {
      await givenWebhook(other, { url: 'https://other.example.com/' })
      await tell(open, other, 'f')
    }
    const claimed = await claim(open)
    const isOther = ({ to }: Delivery): boolean =>
      to.kind === 'webhook' && to.url.startsWith('https://other')
    t.equal(claimed.length, WORKSPACE_LEASES_MAX + others.length)
    t.equal(claimed.slice(0, 3).filter(isOther).length, 2, 'in turn, not by their age')
    t.same(await claim(open), [], 'until some of them end')
    const [first, second] = claimed.filter((delivery) => !isOther(delivery))
    for (const delivery of [first, second]) await record(open, delivery, { isDelivered: true })
    t.equal((await claim(open)).length, 2)
    open.advance(LEASE_MS)
    const again = await claim(open)
    t.equal(again.length, claimed.length, 'leases that ran out take no place')
  })

  t.test('what is under way keeps its place, whatever its owner does meanwhile', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const hook = await givenWebhook(tenant)
    for (let n = 0; n < RECEIVER_LEASES_MAX; n += 1) await tell(open, tenant, `f${n}`)
    const claimed = [...(await claim(open)), ...(await claim(open))]
    t.equal(claimed.length, RECEIVER_LEASES_MAX)
    const path = `/webhooks/${hook.id}`
    const replayAll = async (): Promise<void> => {
      for (const { noticeId } of claimed) {
        const replay = `/notices/${noticeId}/replay`
        t.equal((await tenant.call({ method: 'POST', path: replay })).status, 202)
      }
    }
    await replayAll()
    t.same(await claim(open), [])
    for (const isEnabled of [false, true]) {
      await tenant.call({ method: 'PATCH', path, body: { is_enabled: isEnabled } })
    }
    await replayAll()
    t.same(await claim(open), [])
    await tenant.call({ method: 'DELETE', path })
    t.equal(await deleteSomeReceivers(writeDepsOf(open)), false)
    t.equal((await open.storage.db.selectFrom('deliveries').select('id').execute()).length, 2)
    open.advance(LEASE_MS)
    t.equal(await deleteSomeReceivers(writeDepsOf(open)), true)
    t.same(await open.storage.db.selectFrom('deliveries').select('id').execute(), [])
  })

  t.test('what is under way to an endpoint that is disabled ends as it ends', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const hook = await givenWebhook(tenant)
    for (const fact of ['1', '2', '3']) await tell(open, tenant, fact)
    const [first] = await claim(open)
    const [second] = await claim(open)
    await tenant.call({
      method: 'PATCH',
      path: `/webhooks/${hook.id}`,
      body: { is_enabled: false },
    })
    await record(open, first, { isDelivered: true, httpStatus: 200 })
    const error = 'It answered 500.'
    await record(open, second, { error, httpStatus: 500, nextAttemptAt: open.now() + 60_000 })
    const { data } = (await tenant.call({ path: '/notices' })).body
    t.match(
      data.map((notice: { readonly deliveries: readonly object[] }) => notice.deliveries[0]),
      [
        { status: 'given_up', error: 'Its owner disabled the endpoint.', attempts: 0 },
        { status: 'given_up', error, http_status: 500, next_attempt_at: null },
        { status: 'delivered', http_status: 200 },
      ],
    )
  })

  t.test('events that only a newer version knows take no place until it comes', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await givenWebhook(tenant)
    for (const fact of ['1', '2']) await tell(open, tenant, fact)
    await open.storage.db.updateTable('notices').set({ event: 'domain.later' }).execute()
    open.advance(1)
    await tell(open, tenant, 'known')
    const claimed = []
    for (let n = 0; n < 3; n += 1) claimed.push(...(await claim(open)))
    t.match(claimed, [{ event: 'domain.degraded' }])
    await open.storage.db.updateTable('notices').set({ event: 'domain.active' }).execute()
    open.advance(LEASE_MS - 1)
    t.same(await claim(open), [])
    open.advance(1)
    t.match(await claim(open), [{ event: 'domain.active', attempts: 0 }], 'no attempt was made')
  })

  t.test('what was due by a clock that was ahead is due at once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await givenWebhook(tenant)
    const yearMs = 365 * 86_400_000
    open.advance(yearMs)
    for (const fact of ['under way', 'waiting']) await tell(open, tenant, fact)
    t.equal((await claim(open)).length, 1)
    open.advance(-yearMs)
    const claimed = [...(await claim(open)), ...(await claim(open))]
    t.equal(claimed.length, 2)
    t.same(
      claimed.map(({ createdAt }) => createdAt),
      [open.now(), open.now()],
      'three days are counted from now',
    )
    t.same(await claim(open), [])
    const [first] = claimed
    await record(open, first, { error: 'It answered 500.', nextAttemptAt: open.now() + yearMs })
    open.advance(NEXT_ATTEMPT_MS_MAX)
    const later = [...(await claim(open)), ...(await claim(open))]
    t.ok(
      later.some(({ id }) => id === first?.id),
      'nor does the clock of a worker count',
    )
  })
})

function claim(open: Installation): Promise<readonly Delivery[]> {
  return open.core.claimDeliveries({ workerId: 'w', limit: 64, leaseMs: LEASE_MS })
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
