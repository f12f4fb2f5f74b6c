import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type ControlledTransaction, type Transaction } from 'kysely'
import t from 'tap'
import type { DeliveryRecord } from '@fingerpost/contract/core-api'
import { hostnameOf } from '@fingerpost/contract/fake-rows'
import type { CertificateNews } from '@fingerpost/model/certificate'
import type { Tables } from '../src/database/tables.ts'
import { inTransaction } from '../src/database/transaction.ts'
import { UNSEEN_CERTIFICATE_MS } from '../src/rules/certificate-facts.ts'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  withPostgres,
  type Installation,
} from './installation.ts'
import { givenWebhook, tell } from './notices.ts'

const DAY_MS = 86_400_000

const HOLDER = { status: 'active', is_holder: 1 } as const
const CLAIM = { status: 'pending_verification', is_holder: 0 } as const

const GONE: Omit<DeliveryRecord, 'deliveryId' | 'lease'> = {
  isDelivered: false,
  error: 'It answered 410.',
  httpStatus: 410,
  nextAttemptAt: undefined,
  disablesEndpoint: true,
}

await withPostgres(t, (t, { newUrl }) => {
  t.test('news of one certificate that is read through two domains is not lost', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { db } = open.storage
    const hostname = hostnameOf('links.example.com')
    const [first, second] = [
      await givenDomain(await givenTenant(open), hostname),
      await givenDomain(await givenTenant(open), hostname),
    ]
    await hold(open, first.id)
    const record = (news: CertificateNews) =>
      open.core.recordCertificate({ hostname, seenAt: open.now(), news, evidence: [] })
    const notBefore = open.now() - DAY_MS
    const certificate = { issuer: 'R11', keyType: 'P-256', notBefore, notAfter: open.now() + 1 }
    await record({ kind: 'seen', certificate })

    const takeover = await db.startTransaction().execute()
    await takeover.updateTable('domains').set(CLAIM).where('id', '=', first.id).execute()
    await takeover.updateTable('domains').set(HOLDER).where('id', '=', second.id).execute()
    const issued = record({ kind: 'issued' })
    await waiters(open, 1)
    const other = await db.startTransaction().execute()
    await other.selectFrom('certificates').selectAll().forUpdate().execute()
    await takeover.commit().execute()
    await waiters(open, 1)
    const seen = record({ kind: 'seen', certificate })
    await waiters(open, 2)
    await other.commit().execute()
    await Promise.all([issued, seen])
    const row = await db.selectFrom('certificates').selectAll().executeTakeFirstOrThrow()
    t.equal(row.may_hold_until, open.now() + UNSEEN_CERTIFICATE_MS)
  })

  t.test('news of a certificate is told to who takes the hostname over meanwhile', async (t) => {
    await using open = await openInstallation(await newUrl())
    const hostname = hostnameOf('links.example.com')
    const [loser, winner] = [await givenTenant(open), await givenTenant(open)]
    const held = await givenDomain(loser, hostname)
    const claim = await givenDomain(winner, hostname)
    await hold(open, held.id)
    const record = () =>
      open.core.recordCertificate({
        hostname,
        seenAt: open.now(),
        news: { kind: 'issued' },
        evidence: [],
      })
    await during(open, record, async (trx) => {
      await trx.updateTable('domains').set(CLAIM).where('id', '=', held.id).execute()
      await trx.updateTable('domains').set(HOLDER).where('id', '=', claim.id).execute()
    })
    t.match((await winner.call({ path: '/notices' })).body.data, [{ event: 'certificate.issued' }])
    t.same((await loser.call({ path: '/notices' })).body.data, [])
  })

  t.test('work that a deadlock ends is done again', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const first = await givenDomain(tenant, 'a.example.com')
    const second = await givenDomain(tenant, 'b.example.com')
    const other = await open.storage.db.startTransaction().execute()
    // Why: so that the other one is not the one that is ended.
    await sql`set local deadlock_timeout = '1min'`.execute(other)
    await lock(other, second.id)
    let attempts = 0
    const deps = { ...open, clock: { now: open.now } }
    const work = inTransaction(async ({ trx, announce }) => {
      attempts += 1
      await lock(trx, first.id)
      announce({ kind: 'claim', hostname: first.hostname, domainId: first.id })
      await lock(trx, second.id)
    }, deps)
    await waiters(open, 1)
    const before = await changeCount(open)
    await lock(other, first.id)
    await other.commit().execute()
    await work
    t.equal(attempts, 2)
    t.equal(await changeCount(open), before + 1, 'once')
  })

  t.test('a receiver that is just being deleted keeps nobody from being told', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const gone = await givenWebhook(tenant)
    await givenWebhook(tenant, { url: 'https://stays.example.com/' })
    const told = await during(
      open,
      () => tell(open, tenant, 'f'),
      async (trx) => {
        await trx.deleteFrom('notice_receivers').where('id', '=', gone.id).execute()
      },
    )
    t.equal(told, undefined)
    t.equal((await claim(open)).length, 1)
  })

  t.test('what is told while its endpoint is disabled is given up', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const hook = await givenWebhook(tenant)
    const trx = await open.storage.db.startTransaction().execute()
    await trx
      .updateTable('notice_receivers')
      .set({ is_enabled: 0 })
      .where('id', '=', hook.id)
      .execute()
    await tell(open, tenant, 'f')
    await trx.commit().execute()
    t.same(await claim(open), [])
    const { body } = await tenant.call({ path: '/notices' })
    t.match(body.data[0].deliveries, [{ status: 'given_up', error: /nothing more/ }])
  })

  t.test('a change of an endpoint does not enable what is just being disabled', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const hook = await givenWebhook(tenant)
    const path = `/webhooks/${hook.id}`
    const change = () => tenant.call({ method: 'PATCH', path, body: { events: ['domain.active'] } })
    const { body } = await during(open, change, async (trx) => {
      const disabled = { is_enabled: 0, disabled_reason: 'It is dead.' }
      await trx.updateTable('notice_receivers').set(disabled).where('id', '=', hook.id).execute()
    })
    t.match(body, { is_enabled: false, disabled_reason: 'It is dead.', events: ['domain.active'] })
  })

  t.test('endpoints of one workspace can be disabled at once', async (t) => {
    await using open = await openInstallation(await newUrl())
    for (let round = 0; round < 10; round += 1) {
      const tenant = await givenTenant(open)
      for (let n = 0; n < 4; n += 1) await givenWebhook(tenant, { url: `https://h${n}.example/` })
      await tell(open, tenant, 'f')
      const deliveries = await claim(open)
      t.equal(deliveries.length, 4)
      await Promise.all(
        deliveries.map(({ id, lease }) =>
          open.core.recordDelivery({ ...GONE, deliveryId: id, lease }),
        ),
      )
      const { body } = await tenant.call({ path: '/webhooks' })
      const enabled = body.data.filter((one: { is_enabled: boolean }) => one.is_enabled)
      t.same(enabled, [])
    }
  })
})

function claim(open: Installation) {
  return open.core.claimDeliveries({ workerId: 'w', limit: 100, leaseMs: 30_000 })
}

async function lock(trx: Transaction<Tables>, id: string): Promise<void> {
  await trx.selectFrom('domains').select('id').where('id', '=', id).forUpdate().execute()
}

async function changeCount({ storage: { db } }: Installation): Promise<number> {
  return (await db.selectFrom('changes').select('sequence').execute()).length
}

async function hold(open: Installation, id: string): Promise<void> {
  await open.storage.db.updateTable('domains').set(HOLDER).where('id', '=', id).execute()
}

/** Begins some work while another transaction has written, which is committed when the work waits. */
async function during<Result>(
  open: Installation,
  work: () => Promise<Result>,
  write: (trx: ControlledTransaction<Tables>) => Promise<void>,
): Promise<Result> {
  const trx = await open.storage.db.startTransaction().execute()
  await write(trx)
  const result = work()
  await waiters(open, 1)
  await trx.commit().execute()
  return result
}

/** Waits until so many statements wait for a lock. */
async function waiters(open: Installation, count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ readonly count: number }>`
      select count(*) as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(open.storage.db)
    if (rows[0]?.count === count) return
    await sleep(5)
  }
}
