import t from 'tap'
import { RECEIVERS_MAX } from '../src/notices/receiver-store.ts'
import { WEBHOOK_URL_LENGTH_MAX } from '../src/notices/webhook-routes.ts'
import { givenTenant, openInstallation, withEachEngine } from './installation.ts'
import { givenRecipient, givenWebhook, tell } from './notices.ts'

const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/

await withEachEngine(t, (t, { newUrl }) => {
  t.test('a webhook is made, read, changed and deleted; its secret is shown once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const body = { url: 'https://Hooks.example.com:443/a?b=c#d', events: ['domain.active'] }
    const made = await tenant.call({ method: 'POST', path: '/webhooks', body })
    t.equal(made.status, 201)
    t.match(made.body, { url: 'https://hooks.example.com/a?b=c', is_enabled: true })
    t.match(made.body.secret, SECRET)
    const { secret, ...shown } = made.body
    const path = `/webhooks/${shown.id}`
    t.same((await tenant.call({ path })).body, shown)
    t.same((await tenant.call({ path: '/webhooks' })).body.data, [shown])
    const change = { url: 'http://other.example.com/', events: [] }
    const changed = await tenant.call({ method: 'PATCH', path, body: change })
    t.same(changed.body, { ...shown, ...change })
    const rotated = await tenant.call({ method: 'POST', path: `${path}/rotate` })
    t.equal(rotated.status, 200)
    t.match(rotated.body.secret, SECRET)
    t.not(rotated.body.secret, secret)
    t.equal((await tenant.call({ method: 'DELETE', path })).status, 204)
    t.match(await tenant.call({ path }), { status: 404, body: { code: 'webhook_not_found' } })
  })

  t.test('a URL that nothing can be sent to is refused, with the reason', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const tooLong = `https://example.com/${'a'.repeat(WEBHOOK_URL_LENGTH_MAX)}`
    for (const [url, problem] of [
      ['', 'empty'],
      ['example.com', 'not_absolute'],
      ['ftp://example.com/', 'scheme_not_allowed'],
      ['https://user:secret@example.com/', 'credentials'],
      ['https://exam ple.com/', 'unusable_host'],
      ['https://example.com/\r\nX-Evil: 1', 'control_character'],
      [tooLong, 'too_long'],
    ] as const) {
      const answer = await tenant.call({ method: 'POST', path: '/webhooks', body: { url } })
      t.match(answer, { status: 400, body: { code: 'webhook_url_invalid', problem } }, url)
      t.notMatch(answer.text, /Destination/, url)
    }
    const events = ['domain.none']
    const body = { url: 'https://example.com/', events }
    const answer = await tenant.call({ method: 'POST', path: '/webhooks', body })
    t.match(answer, { status: 400, body: { code: 'body_invalid' } })
  })

  t.test('a key makes one webhook, whose secret is not kept for a second answer', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const body = { url: 'https://hooks.example.com/' }
    const headers = { 'idempotency-key': 'k' }
    const call = { method: 'POST', path: '/webhooks', body, headers } as const
    t.equal((await tenant.call(call)).status, 201)
    const again = await tenant.call(call)
    t.match(again, { status: 409, body: { code: 'idempotency_key_spent' } })
    t.equal((await tenant.call({ path: '/webhooks' })).body.data.length, 1)
    const rows = await open.storage.db.selectFrom('idempotency_keys').selectAll().execute()
    t.notMatch(JSON.stringify(rows), /whsec_/)
  })

  t.test('a mail address is added once, and nothing that is none', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const recipient = await givenRecipient(tenant, 'Ops@Example.com')
    t.match(recipient, { email: 'Ops@example.com' })
    const call = { method: 'POST', path: '/notice-recipients' } as const
    const twice = await tenant.call({ ...call, body: { email: 'ops@example.com' } })
    t.match(twice, { status: 409, body: { code: 'recipient_taken' } })
    const none = await tenant.call({ ...call, body: { email: 'a@example.com\r\nBcc: b@x.com' } })
    t.match(none, { status: 400, body: { code: 'email_invalid' } })
    t.same((await tenant.call({ path: '/notice-recipients' })).body.data, [recipient])
    const path = `/notice-recipients/${recipient.id}`
    t.same((await tenant.call({ path })).body, recipient)
    t.equal((await tenant.call({ method: 'GET', path: `/webhooks/${recipient.id}` })).status, 404)
    t.equal((await tenant.call({ method: 'DELETE', path })).status, 204)
    t.match(await tenant.call({ path }), { status: 404, body: { code: 'recipient_not_found' } })
  })

  t.test(
    'a workspace has only so many receivers, however many are asked for at once',
    async (t) => {
      await using open = await openInstallation(await newUrl())
      const tenant = await givenTenant(open)
      await givenRecipient(tenant)
      const answers = await Promise.all(
        Array.from({ length: RECEIVERS_MAX + 3 }, (_, n) =>
          tenant.call({
            method: 'POST',
            path: '/webhooks',
            body: { url: `https://hooks.example.com/${n}` },
          }),
        ),
      )
      const refused = answers.filter(({ status }) => status !== 201)
      t.equal(refused.length, 4)
      t.match(refused[0], { status: 409, body: { code: 'limit_reached', limit: RECEIVERS_MAX } })
    },
  )

  t.test('notices are listed with how they fared, by pages', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const webhook = await givenWebhook(tenant)
    for (const fact of ['1', '2', '3']) await tell(open, tenant, fact, { message: fact })
    const first = await tenant.call({ path: '/notices?limit=2' })
    t.match(
      first.body.data.map((one: { payload: { data: { message: string } } }) => one.payload.data),
      [{ message: '3' }, { message: '2' }],
    )
    const rest = await tenant.call({ path: `/notices?limit=2&cursor=${first.body.next_cursor}` })
    t.match(rest.body, { data: [{ payload: { data: { message: '1' } } }], next_cursor: null })
    const [notice] = rest.body.data
    t.same(notice.deliveries, [
      {
        receiver_id: webhook.id,
        kind: 'webhook',
        status: 'waiting',
        attempts: 0,
        next_attempt_at: new Date(open.now()).toISOString(),
        http_status: null,
        error: null,
        ended_at: null,
      },
    ])
    t.same((await tenant.call({ path: `/notices/${notice.id}` })).body, notice)
    await tenant.call({ method: 'DELETE', path: `/webhooks/${webhook.id}` })
    t.same((await tenant.call({ path: `/notices/${notice.id}` })).body.deliveries, [])
  })

  t.test('a notice is sent again to the webhooks that want it, never by mail', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const old = await givenWebhook(tenant)
    await givenRecipient(tenant)
    await tell(open, tenant, 'f')
    for (const delivery of await claim(open)) {
      const { id: deliveryId, lease } = delivery
      const went = { isDelivered: true, error: '', httpStatus: 200, nextAttemptAt: undefined }
      await open.core.recordDelivery({ deliveryId, lease, ...went, disablesEndpoint: false })
    }
    const added = await givenWebhook(tenant, { url: 'https://added.example.com/' })
    const url = 'https://picky.example.com/'
    const picky = await givenWebhook(tenant, { url, events: ['domain.active'] })
    const [notice] = (await tenant.call({ path: '/notices' })).body.data
    const path = `/notices/${notice.id}/replay`
    open.advance(1_000)
    t.equal((await tenant.call({ method: 'POST', path })).status, 202)
    const replayed = await claim(open)
    t.same(replayed.map(({ to }) => (to.kind === 'webhook' ? to.url : to.address)).toSorted(), [
      added.url,
      old.url,
    ])
    t.match(replayed, [
      { noticeId: notice.id, attempts: 0, createdAt: open.now() },
      { noticeId: notice.id, attempts: 0, createdAt: open.now() },
    ])
    const one = await tenant.call({ method: 'POST', path: `${path}?webhook_id=${picky.id}` })
    t.equal(one.status, 202)
    t.match(await claim(open), [{ to: { url: picky.url } }])
    const pickyPath = `/webhooks/${picky.id}`
    await tenant.call({ method: 'PATCH', path: pickyPath, body: { is_enabled: false } })
    const disabled = await tenant.call({ method: 'POST', path: `${path}?webhook_id=${picky.id}` })
    t.match(disabled, { status: 409, body: { code: 'webhook_disabled' } })
    const other = await givenTenant(open)
    const foreign = (await givenWebhook(other)).id
    const theirs = await tenant.call({ method: 'POST', path: `${path}?webhook_id=${foreign}` })
    t.match(theirs, { status: 404, body: { code: 'webhook_not_found' } })
  })
})

function claim(open: Awaited<ReturnType<typeof openInstallation>>) {
  return open.core.claimDeliveries({ workerId: 'w', limit: 100, leaseMs: 30_000 })
}
