import { sql } from 'kysely'
import t from 'tap'
import { Metrics } from '@fingerpost/chassis/metrics'
import { inTransaction } from '../src/database/transaction.ts'
import { addNotice } from '../src/notices/notice-store.ts'
import { DELIVERIES_WAITING_MAX } from '../src/notices/waiting-store.ts'
import { givenTenant, openInstallation, withEachEngine, type Installation } from './installation.ts'
import { givenRecipient, givenWebhook, tell, writeDepsOf } from './notices.ts'

await withEachEngine(t, (t, { newUrl }) => {
  t.test('only so much waits for a receiver; the rest is written down, not sent', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const full = await givenWebhook(tenant, { url: 'https://full.example.com/' })
    await fill(open, { id: full.id, workspaceId: tenant.id }, DELIVERIES_WAITING_MAX - 1)
    await tell(open, tenant, 'the last that fits')
    const other = await givenWebhook(tenant, { url: 'https://other.example.com/' })
    await tell(open, tenant, 'too much')
    const [tooMuch, fits] = (await tenant.call({ path: '/notices?limit=2' })).body.data
    t.match(fits.deliveries, [{ receiver_id: full.id, status: 'waiting' }])
    const [first, second] = tooMuch.deliveries
    t.match(first, {
      receiver_id: full.id,
      status: 'given_up',
      attempts: 0,
      next_attempt_at: null,
      error: `Not sent: ${DELIVERIES_WAITING_MAX} notices waited for this receiver already.`,
      ended_at: new Date(open.now()).toISOString(),
    })
    t.match(second, { receiver_id: other.id, status: 'waiting' }, 'the others are told')
    t.match((await tenant.call({ path: `/webhooks/${full.id}` })).body, { is_enabled: true })

    const replay = `/notices/${tooMuch.id}/replay`
    t.match(await tenant.call({ method: 'POST', path: `${replay}?webhook_id=${full.id}` }), {
      status: 409,
      body: { code: 'limit_reached', limit: DELIVERIES_WAITING_MAX },
    })
    const { body } = await tenant.call({ method: 'POST', path: replay })
    t.match(body.deliveries, [{ status: 'given_up' }, { status: 'waiting' }])
    const waits = `/notices/${fits.id}/replay?webhook_id=${full.id}`
    t.equal((await tenant.call({ method: 'POST', path: waits })).status, 202, 'it waits anyway')

    open.advance(1)
    await sql`update deliveries set status = 'delivered', next_attempt_at = null
      where notice_id = ${fits.id}`.execute(open.storage.db)
    const again = await tenant.call({ method: 'POST', path: `${replay}?webhook_id=${full.id}` })
    t.match(again.body.deliveries[0], { status: 'waiting', error: null, attempts: 0 })
  })

  t.test('what found a queue full is counted, once it is stored', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const recipient = await givenRecipient(tenant)
    await fill(open, { id: recipient.id, workspaceId: tenant.id }, DELIVERIES_WAITING_MAX)
    const registry = new Metrics()
    const unqueuedNotices = registry.counter('unqueued_total', 'Unqueued.', ['channel'])
    const deps = { ...writeDepsOf(open), metrics: { unqueuedNotices } }
    const notice = {
      workspaceId: tenant.id,
      domain: undefined,
      event: 'domain.active',
      message: 'm',
      details: {},
    } as const
    const undone = inTransaction(async (writing) => {
      await addNotice({ ...notice, fact: 'f' }, writing)
      throw new Error('the rest failed')
    }, deps)
    await t.rejects(undone, /the rest failed/)
    await inTransaction((writing) => addNotice({ ...notice, fact: 'f' }, writing), deps)
    await inTransaction((writing) => addNotice({ ...notice, fact: 'f' }, writing), deps)
    t.match((await registry.scrape()).text, /unqueued_total\{channel="mail"\} 1\n/)
  })
})

/** Has so many notices wait for a receiver. */
async function fill(
  open: Installation,
  receiver: { readonly id: string; readonly workspaceId: string },
  count: number,
): Promise<void> {
  const { db } = open.storage
  const now = open.now()
  const { id, workspaceId } = receiver
  const numbers = sql`with recursive numbers (n) as
    (select 1 union all select n + 1 from numbers where n < ${sql.lit(count)})`
  await sql`insert into notices (id, workspace_id, event, fact, payload_json, created_at)
    ${numbers} select 'ntc_00' || n || ${id}, ${workspaceId}, 'domain.active', 'filled' || n, '{}',
      ${sql.lit(now)} from numbers`.execute(db)
  await sql`insert into deliveries (id, workspace_id, notice_id, receiver_id, status, attempts,
      next_attempt_at, created_at)
    ${numbers} select 'dlv_' || n || ${id}, ${workspaceId}, 'ntc_00' || n || ${id}, ${id},
      'waiting', 0, ${sql.lit(now)}, ${sql.lit(now)} from numbers`.execute(db)
}
