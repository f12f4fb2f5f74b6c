import t from 'tap'
import type { CheckRecord, DueDomain } from '@fingerpost/contract/core-api'
import { lookedAt, plainCheck } from '@fingerpost/contract/fake-rows'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import { deleteSomeNotices, NOTICES_KEPT_MS } from '../src/notices/sent-notice-store.ts'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Installation,
  type Tenant,
} from './installation.ts'
import { writeDepsOf } from './notices.ts'

const HOSTNAME = 'links.example.com'

await withEachEngine(t, (t, { newUrl }) => {
  t.test('both sides of a takeover are told, neither who the other is', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { one, other, first, second, due } = await givenRivals(open)
    const evidence = [answerOf(open, second.verification_token)]
    const check = { ...takeover(open, due, first.id), evidence }
    t.equal(await open.core.recordCheck(check), 'applied')
    const lost = await one.call({ path: `/domains/${first.id}` })
    t.match(lost.body, { status: 'pending_verification', reason: { code: 'ownership_moved' } })
    t.match(lost.body.reason.message, /To get it back/)
    const events = await one.call({ path: `/domains/${first.id}/events` })
    t.match(events.body.data[0], { kind: 'ownership_moved', status_from: 'active' })
    for (const secret of [other.id, second.id, second.verification_token]) {
      t.notMatch(lost.text + events.text, secret)
    }
    const won = await other.call({ path: `/domains/${second.id}/events` })
    t.match(won.body.data[0], { kind: 'ownership_moved', status_to: 'verified' })
    t.notMatch(won.text, first.id)
    for (const [tenant, side] of [
      [one, 'lost'],
      [other, 'gained'],
    ] as const) {
      const notices = await noticesOf(open, tenant)
      const [moved] = notices.filter(({ event }) => event === 'domain.ownership_changed')
      t.match(moved?.payload_json, `"hostname_was":"${side}"`)
      const foreign = tenant === one ? other.id : one.id
      t.notMatch(JSON.stringify(notices), foreign)
    }
  })

  t.test('who lost a hostname goes on being told so while another one has it', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { one, first, second, other, due } = await givenRivals(open)
    await open.core.recordCheck(takeover(open, due, first.id))
    const look = async () => {
      const claimed = (await claim(open)).find(({ id }) => id === first.id)
      if (claimed === undefined) throw new Error('It has to be due.')
      const reason = { code: 'txt_not_found', message: 'There is no TXT record.' } as const
      const plain = plainCheck(claimed, open.now())
      await open.core.recordCheck({ ...plain, reason, nextCheckAt: open.now() })
      return (await one.call({ path: `/domains/${first.id}` })).body.reason.code
    }
    t.equal(await look(), 'ownership_moved')
    await other.call({ method: 'DELETE', path: `/domains/${second.id}` })
    t.equal(await look(), 'txt_not_found')
  })

  t.test('a takeover, a deletion and another takeover at once leave one holder', async (t) => {
    await using open = await openInstallation(await newUrl())
    for (let round = 0; round < 5; round += 1) {
      const hostname = `n${round}.example.com`
      const { one, first, due } = await givenRivals(open, hostname)
      const third = await givenTenant(open)
      const claimed = await givenDomain(third, hostname)
      const ofThird = (await claim(open)).find(({ id }) => id === claimed.id)
      if (ofThird === undefined) throw new Error('It has to be due.')
      const [taken, alsoTaken, deleted] = await Promise.all([
        open.core.recordCheck(takeover(open, due, first.id)),
        open.core.recordCheck(takeover(open, ofThird, first.id)),
        one.call({ method: 'DELETE', path: `/domains/${first.id}` }),
      ])
      t.same([taken, alsoTaken].toSorted(), ['applied', 'hostname_in_use'])
      t.equal(deleted.status, 204, deleted.text)
      const holders = await open.storage.db
        .selectFrom('domains')
        .select('id')
        .where('hostname', '=', hostname)
        .where('is_holder', '=', 1)
        .execute()
      t.equal(holders.length, 1)
    }
  })

  t.test('each transition and each reminder is told once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, HOSTNAME)
    await move(open, id, 'verified')
    await move(open, id, 'active')
    for (let times = 0; times < 3; times += 1) {
      open.advance(1_000)
      await move(open, id, undefined, {
        reminders: ['domain.ownership_record_missing'],
        state: 'missing',
      })
    }
    await move(open, id, undefined, { state: 'found' })
    open.advance(1_000)
    const reminders = ['domain.ownership_record_missing'] as const
    await move(open, id, undefined, { reminders, state: 'missing' })
    const events = (await noticesOf(open, tenant)).map(({ event }) => event)
    t.same(events.toSorted(), [
      'domain.active',
      'domain.ownership_record_missing',
      'domain.ownership_record_missing',
      'domain.verified',
    ])
    const { body } = await tenant.call({ path: `/domains/${id}/events` })
    const kinds: string[] = body.data.map((event: { kind: string }) => event.kind)
    t.equal(kinds.filter((kind) => kind === 'reminded').length, 2)
    open.advance(NOTICES_KEPT_MS)
    while (await deleteSomeNotices(writeDepsOf(open)));
    await move(open, id, undefined, { reminders, state: 'missing' })
    t.same(await noticesOf(open, tenant), [], 'nor again when it is not kept any more')
  })

  t.test('a claim is told that DNS leads to an earlier use, and proves it anew', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    const first = await givenDomain(one, HOSTNAME)
    await move(open, first.id, 'verified')
    await one.call({ method: 'DELETE', path: `/domains/${first.id}` })
    const second = await givenDomain(other, HOSTNAME)
    t.match(second.reason.message, /earlier use/)
    t.notMatch(JSON.stringify(second), one.id)
    const again = await givenDomain(one, HOSTNAME)
    t.notMatch(again.reason.message, /earlier use/, 'it is its own')
    t.not(again.verification_token, first.verification_token)
    t.not(again.records[0].value, first.records[0].value)
    await move(open, second.id, 'verified')
    const due = await claim(open)
    t.notOk(
      due.some(({ isTombstone }) => isTombstone),
      'the hostname is proved anew',
    )
  })
})

async function givenRivals(open: Installation, hostname = HOSTNAME) {
  const [one, other] = [await givenTenant(open), await givenTenant(open)]
  const first = await givenDomain(one, hostname)
  await move(open, first.id, 'active')
  const second = await givenDomain(other, hostname)
  const due = (await claim(open)).find(({ id }) => id === second.id)
  if (due === undefined) throw new Error('The claim has to be due.')
  return { one, other, first, second, due }
}

function claim(open: Installation): Promise<readonly DueDomain[]> {
  return open.core.claimDueDomains({ workerId: 'test', limit: 100, leaseMs: 60_000 })
}

async function move(
  open: Installation,
  id: string,
  to: DueDomain['status'] | undefined,
  seen: Pick<Partial<CheckRecord>, 'reminders'> & { readonly state?: 'found' | 'missing' } = {},
): Promise<void> {
  const due = (await claim(open)).find((one) => one.id === id)
  if (due === undefined) throw new Error(`"${id}" is not due.`)
  const plain = plainCheck(due, open.now())
  const { reminders = [], state = 'found' } = seen
  const ownership = lookedAt(state, [], open.now())
  const outcome = await open.core.recordCheck({
    ...plain,
    observations: { ...plain.observations, ownership },
    reminders,
    transition: to && { to, code: 'routing_ok', message: 'As DNS says.' },
    nextCheckAt: open.now(),
  })
  if (outcome !== 'applied') throw new Error(`The check was "${outcome}".`)
}

function takeover(open: Installation, due: DueDomain, takesOverFrom: string): CheckRecord {
  const reason = { code: 'ownership_proved', message: 'The hostname moved here.' } as const
  const nextCheckAt = open.now()
  const transition = { to: 'verified', ...reason, takesOverFrom } as const
  return { ...plainCheck(due, open.now()), transition, reason, nextCheckAt }
}

function answerOf(open: Installation, value: string): Evidence {
  return {
    role: 'authority',
    server: '192.0.2.1:53',
    question: `TXT _fingerpost-verify.${HOSTNAME}`,
    outcome: 'NOERROR',
    values: [`"${value}"`],
    ttlS: undefined,
    at: open.now(),
  }
}

function noticesOf(open: Installation, tenant: Tenant) {
  return open.storage.db
    .selectFrom('notices')
    .select(['event', 'payload_json'])
    .where('workspace_id', '=', tenant.id)
    .execute()
}
