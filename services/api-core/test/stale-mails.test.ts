import t from 'tap'
import { plainCheck } from '@fingerpost/contract/fake-rows'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Installation,
} from './installation.ts'
import { givenRecipient, givenWebhook } from './notices.ts'

await withEachEngine(t, (t, { newUrl }) => {
  t.test('after a mail server was away, nothing is mailed that is over', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const back = await givenDomain(tenant, 'back.example.com')
    const gone = await givenDomain(tenant, 'gone.example.com')
    const lost = await givenDomain(tenant, 'lost.example.com')
    for (const { id } of [back, gone, lost]) await move(open, id, 'active')
    await givenRecipient(tenant)
    await givenWebhook(tenant)
    for (const { id } of [back, gone, lost]) await move(open, id, 'degraded')
    await move(open, back.id, 'active')
    await tenant.call({ method: 'DELETE', path: `/domains/${gone.id}` })

    const mails: string[] = []
    const webhooks: string[] = []
    for (let n = 0; n < 10; n += 1) {
      const claimed = await open.core.claimDeliveries({ workerId: 'w', limit: 9, leaseMs: 1_000 })
      for (const { to, event, payload, id, lease } of claimed) {
        const { hostname } = JSON.parse(payload).data.domain
        ;(to.kind === 'mail' ? mails : webhooks).push(`${event} ${hostname}`)
        const delivered = { isDelivered: true, error: '', httpStatus: undefined }
        const over = { nextAttemptAt: undefined, disablesEndpoint: false }
        await open.core.recordDelivery({ deliveryId: id, lease, ...delivered, ...over })
      }
    }
    t.same(mails.toSorted(), [
      'domain.degraded lost.example.com',
      'domain.recovered back.example.com',
    ])
    t.equal(webhooks.length, 4, 'programs get every fact')
    const { data } = (await tenant.call({ path: '/notices' })).body
    const errors = data.flatMap(
      ({ deliveries }: { readonly deliveries: readonly { readonly error: string | null }[] }) =>
        deliveries.flatMap(({ error }) => error ?? []),
    )
    t.same(errors, [
      'Not mailed: the domain was deleted before.',
      'Not mailed: what it warns of was over before.',
    ])
  })
})

async function move(open: Installation, id: string, to: DomainStatus): Promise<void> {
  open.advance(1_000)
  const claimed = await open.core.claimDueDomains({ workerId: 'w', limit: 100, leaseMs: 1_000 })
  const due = claimed.find((one) => one.id === id)
  if (due === undefined) throw new Error(`"${id}" is not due.`)
  const outcome = await open.core.recordCheck({
    ...plainCheck(due, open.now()),
    transition: { to, code: 'routing_ok', message: 'As DNS says.' },
    nextCheckAt: open.now(),
  })
  if (outcome !== 'applied') throw new Error(`The check was "${outcome}".`)
}
