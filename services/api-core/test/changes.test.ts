import t, { type Test } from 'tap'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import type { Change, CheckRecord, CoreApi, DueDomain } from '@fingerpost/contract/core-api'
import { hostnameOf } from '@fingerpost/contract/fake-rows'
import { checkOf } from '../../../packages/contract/test/contract-steps.ts'
import { StoredCore } from '../src/core/core-api.ts'
import { inTransaction, type WriteDeps } from '../src/database/transaction.ts'
import { createDomain } from '../src/domains/domain-store.ts'
import {
  CHANGES_KEPT_MAX,
  CHANGES_KEPT_MS,
  PRUNED_BATCH,
  pruneChanges,
  readChanges,
  readPlace,
} from '../src/events/change-store.ts'
import { startHousekeeping } from '../src/housekeeping.ts'
import { changeLink } from '../src/links/link-store.ts'
import { createCoreMetrics } from '../src/metrics.ts'
import {
  givenDomain,
  givenLink,
  givenTenant,
  NAMING,
  openInstallation,
  SILENT,
  withEachEngine,
  withPostgres,
  type Installation,
} from './installation.ts'

const WRITERS = 6
const WRITES_EACH = 15

await withEachEngine(t, (t, { newUrl }) => {
  t.test('concurrent writers skip no sequence, and the stream keeps the order', async (t) => {
    await using open = await openInstallation(await newUrl())
    await proveOrder(t, open, open)
  })

  t.test('a status that is told last is the one that counts', async (t) => {
    await using open = await openInstallation(await newUrl())
    const hostname = 'links.example.com'
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const tenant = await givenTenant(open)
        for (let round = 0; round < 4; round += 1) {
          const { id } = await givenDomain(tenant, hostname)
          await tenant.call({ method: 'DELETE', path: `/domains/${id}` })
        }
        if (Math.random() < 0.5) await givenDomain(tenant, hostname)
      }),
    )
    const changes = await readUntilHeartbeat(open.core, 0)
    const last = changes.at(-1)
    const states = []
    for await (const page of open.core.listHostnames(new AbortController().signal)) {
      states.push(...page.hostnames)
    }
    t.equal(last?.kind === 'hostname_changed' && last.status, states[0]?.status ?? undefined)
  })

  t.test('a check that a claim asks for is told to nobody', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'links.example.com')
    const answer = await tenant.call({ method: 'POST', path: `/domains/${id}/check` })
    t.equal(answer.status, 202)
    t.match(await readUntilHeartbeat(open.core, 0), [{ sequence: 1 }])
    t.same(await readUntilHeartbeat(open.core, 1), [])
  })

  t.test('old changes are dropped by count and by age', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await givenDomain(tenant, 'one.example.com')
    open.advance(CHANGES_KEPT_MS - 1)
    await givenDomain(tenant, 'two.example.com')
    const { db } = open.storage
    await pruneChanges(open.now(), db)
    t.match(await readUntilHeartbeat(open.core, 0), [{ sequence: 1 }, { sequence: 2 }])
    open.advance(1)
    await pruneChanges(open.now(), db)
    t.match(await readUntilHeartbeat(open.core, 0), [{ kind: 'reset', sequence: 2 }])
    t.match(await readUntilHeartbeat(open.core, 1), [{ kind: 'hostname_changed', sequence: 2 }])
    await db
      .updateTable('change_head')
      .set({ sequence: CHANGES_KEPT_MAX + 2 })
      .execute()
    t.notOk(await pruneChanges(open.now(), db))
    t.same(await db.selectFrom('changes').select('sequence').execute(), [])
    t.notOk(await pruneChanges(open.now(), db))
  })

  t.test('after many changes at once, old ones go bit by bit', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { db } = open.storage
    const count = PRUNED_BATCH + 2
    for (let first = 1; first <= count; first += 1_000) {
      const length = Math.min(1_000, count - first + 1)
      const rows = Array.from({ length }, (_, index) => ({
        sequence: first + index,
        kind: 'link' as const,
        hostname: 'links.example.com',
        slug: 'a',
        status: null,
        created_at: open.now(),
      }))
      await db.insertInto('changes').values(rows).execute()
    }
    const sequence = CHANGES_KEPT_MAX + PRUNED_BATCH + 1
    await db.updateTable('change_head').set({ sequence }).execute()
    const kept = async () =>
      (await db.selectFrom('changes').select('sequence').orderBy('sequence').execute()).map(
        (row) => row.sequence,
      )
    t.ok(await pruneChanges(open.now(), db))
    t.same(await kept(), [count - 1, count])
    t.notOk(await pruneChanges(open.now(), db))
    t.same(await kept(), [count])
  })

  t.test('who has seen more than there is begins a new history, once for all', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    for (const name of ['one', 'two', 'three']) await givenDomain(tenant, `${name}.example.com`)
    const { db } = open.storage
    const { lineage: former } = await readPlace(db)
    const ahead = { afterSequence: 9, lineage: former }
    const [first, second] = await Promise.all([readChanges(ahead, db), readChanges(ahead, db)])
    const { lineage } = await readPlace(db)
    t.not(lineage, former)
    t.same(first, { lineage, changes: [{ kind: 'reset', sequence: 3, lineage }] })
    t.same(second, first, 'of several who come at once the first names it')
    t.same(await readChanges(ahead, db), first, 'who comes later is only told')
    const behind = { afterSequence: 2, lineage: former }
    t.same(await readChanges(behind, db), first, 'whatever it has seen')
    const heartbeat = { kind: 'heartbeat', sequence: 3, lineage }
    t.same(await readChanges({ afterSequence: 3, lineage }, db), {
      lineage,
      changes: [heartbeat],
    })
    t.same(await readChanges({ afterSequence: 3 }, db), { lineage, changes: [heartbeat] })
    const last = await readChanges({ afterSequence: 2, lineage }, db)
    t.match(last.changes, [{ kind: 'hostname_changed', sequence: 3 }, heartbeat])
  })

  t.test('a reset goes back before the oldest change kept for who wants that', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    for (const name of ['one', 'two', 'three', 'four']) {
      await givenDomain(tenant, `${name}.example.com`)
    }
    const { db } = open.storage
    await db.deleteFrom('changes').where('sequence', '<=', 2).execute()
    const { lineage } = await readPlace(db)
    const froms = [
      { afterSequence: 0 },
      { afterSequence: 1, lineage },
      { afterSequence: 3, lineage: 'another' },
    ]
    for (const from of froms) {
      t.match(await readChanges({ ...from, fromOldest: true }, db), {
        changes: [{ kind: 'reset', sequence: 2, lineage }],
      })
      t.match(await readChanges(from, db), { changes: [{ kind: 'reset', sequence: 4, lineage }] })
    }
    const told = []
    const watch = { afterSequence: 0, fromOldest: true }
    for await (const change of open.core.watchChanges(watch, new AbortController().signal)) {
      told.push(`${change.kind} ${change.sequence}`)
      if (change.kind === 'heartbeat') break
    }
    t.same(told, ['reset 2', 'hostname_changed 3', 'hostname_changed 4', 'heartbeat 4'])
    t.match(await readChanges({ afterSequence: 9, fromOldest: true }, db), {
      changes: [{ kind: 'reset', sequence: 2 }],
    })
    await db.deleteFrom('changes').execute()
    t.match(await readChanges({ afterSequence: 0, fromOldest: true }, db), {
      changes: [{ kind: 'reset', sequence: 4 }],
    })
  })

  t.test('whoever has caught up gets changes without a heartbeat after each', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const stream = open.core.watchChanges({ afterSequence: 0 }, new AbortController().signal)
    t.match(await stream.next(), { value: { kind: 'heartbeat', sequence: 0 } })
    for (const sequence of [1, 2, 3]) {
      const next = stream.next()
      await givenDomain(tenant, `${sequence}.example.com`)
      t.match(await next, { value: { kind: 'hostname_changed', sequence } })
    }
    await stream.return(undefined)
    t.equal(open.feed.waiters, 0)
  })
})

await withPostgres(t, (t, { newUrl }) => {
  t.test('two instances on one database keep one order, and hear of each other', async (t) => {
    const url = await newUrl()
    await using one = await openInstallation(url)
    await using other = await openInstallation(url)
    await using _one = await startHousekeeping(backgroundOf(one))
    await using _other = await startHousekeeping(backgroundOf(other))
    await proveOrder(t, one, other)
  })

  t.test('a link that is written while its domain is proved is told after the proof', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'links.example.com')
    const link = await givenLink(tenant, { domain_id: id, slug: 'spring' })
    const [due] = await open.core.claimDueDomains({ workerId: 'w', limit: 1, leaseMs: 60_000 })
    if (due === undefined) throw new Error('The domain is not due.')
    await inTransaction(async (writing) => {
      await changeLink(tenant.id, link.id, { title: 'Spring' }, writing)
      t.equal(await open.core.recordCheck(proofOf(open, due)), 'applied')
    }, writingOf(open))
    t.match(await readUntilHeartbeat(open.core, 0), [
      { kind: 'hostname_changed', status: 'pending_verification' },
      { kind: 'hostname_changed', status: 'verified' },
      { kind: 'link_changed', slug: 'spring' },
    ])
  })

  t.test('a claim that is made while the only other one ends is told after it', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [first, second] = [await givenTenant(open), await givenTenant(open)]
    const hostname = hostnameOf('links.example.com')
    const { id } = await givenDomain(first, hostname)
    await inTransaction(async (writing) => {
      await createDomain(second.id, { hostname, tier: 'basic' }, writing)
      await first.call({ method: 'DELETE', path: `/domains/${id}` })
    }, writingOf(open))
    t.match(await readUntilHeartbeat(open.core, 0), [
      { kind: 'hostname_changed', status: 'pending_verification' },
      { kind: 'hostname_changed', status: undefined },
      { kind: 'hostname_changed', status: 'pending_verification' },
    ])
  })
})

t.test('a quiet stream says every two seconds that it is alive', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  const clock = new FakeClock(1_800_000_000_000)
  const core = new StoredCore(NAMING, { ...open, clock })
  const stop = new AbortController()
  const stream = core.watchChanges({ afterSequence: 0 }, stop.signal)
  t.match(await stream.next(), { value: { kind: 'heartbeat', sequence: 0 } })
  for (let beats = 0; beats < 3; beats += 1) {
    let isTold = false
    const next = stream.next().then((result) => {
      isTold = true
      return result
    })
    await untilWaiting(open)
    await clock.advance(1_999)
    t.notOk(isTold)
    await clock.advance(1)
    t.match(await next, { value: { kind: 'heartbeat', sequence: 0 } })
  }
  const last = stream.next()
  await untilWaiting(open)
  stop.abort()
  t.match(await last, { done: true })
  t.equal(clock.sleepers, 0)
  t.equal(open.feed.waiters, 0)
})

/** Lets many write to both, and follows the stream of both meanwhile. */
async function proveOrder(t: Test, one: Installation, other: Installation): Promise<void> {
  const stop = new AbortController()
  const total = 1 + WRITERS * WRITES_EACH
  const watched = [one, other].map((open) => follow(open.core, total, stop))
  const tenant = await givenTenant(one)
  const { id } = await givenDomain(tenant, 'go.localhost')
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      const writing = { ...tenant, call: tenant.call }
      const through = writer % 2 === 0 ? one : other
      writing.call = (call) =>
        through.call({ token: tenant.token, ...call, path: `${tenant.path}${call.path}` })
      for (let n = 0; n < WRITES_EACH; n += 1) {
        await givenLink(writing, { domain_id: id, slug: `w${writer}-${n}` })
      }
    }),
  )
  const expected = Array.from({ length: total }, (_, index) => index + 1)
  for (const changes of await Promise.all(watched)) {
    t.same(
      changes.map((change) => change.sequence),
      expected,
    )
    for (let writer = 0; writer < WRITERS; writer += 1) {
      const slugs = changes.flatMap((change) => (change.kind === 'link_changed' ? change.slug : []))
      const own = slugs.filter((slug) => slug.startsWith(`w${writer}-`))
      t.same(
        own,
        Array.from({ length: WRITES_EACH }, (_, n) => `w${writer}-${n}`),
      )
    }
  }
}

async function follow(core: CoreApi, count: number, stop: AbortController): Promise<Change[]> {
  const changes: Change[] = []
  for await (const change of core.watchChanges({ afterSequence: 0 }, stop.signal)) {
    if (change.kind !== 'heartbeat') changes.push(change)
    if (changes.length === count) break
  }
  return changes
}

async function readUntilHeartbeat(core: CoreApi, after: number): Promise<Change[]> {
  const changes: Change[] = []
  for await (const change of core.watchChanges(
    { afterSequence: after },
    new AbortController().signal,
  )) {
    if (change.kind === 'heartbeat') break
    changes.push(change)
  }
  return changes
}

function proofOf(open: Installation, due: DueDomain): CheckRecord {
  const message = 'The TXT record was found.'
  return {
    ...checkOf(open, due),
    transition: { to: 'verified', code: 'ownership_proved', message },
  }
}

function writingOf({ storage, feed, now }: Installation): WriteDeps {
  return { storage, feed, clock: { now } }
}

async function untilWaiting(open: Installation): Promise<void> {
  while (open.feed.waiters === 0) await new Promise((resolve) => setImmediate(resolve))
}

function backgroundOf({ storage, feed }: Installation) {
  return { storage, feed, clock: SYSTEM_CLOCK, log: SILENT, metrics: createCoreMetrics(feed) }
}
