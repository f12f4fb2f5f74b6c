import { inTransaction } from '../src/database/transaction.ts'
import { addNotice, type NewNotice } from '../src/notices/notice-store.ts'
import type { Answer, Installation, Tenant } from './installation.ts'

/** What the stores of an installation need to write. */
export function writeDepsOf(open: Installation) {
  return { storage: open.storage, feed: open.feed, clock: { now: open.now } }
}

/** Tells a workspace something. */
export async function tell(
  open: Installation,
  tenant: Tenant,
  fact: string,
  differs: Partial<NewNotice> = {},
): Promise<void> {
  const notice: NewNotice = {
    workspaceId: tenant.id,
    domain: { id: 'dom_1', hostname: 'links.example.com' },
    event: 'domain.degraded',
    fact,
    message: 'DNS of "links.example.com" leads elsewhere.',
    details: { grace_ends_at: '2027-01-22T08:00:00.000Z' },
    ...differs,
  }
  await inTransaction((writing) => addNotice(notice, writing), writeDepsOf(open))
}

/** Adds a webhook to a workspace; with its secret. */
export async function givenWebhook(
  tenant: Tenant,
  body: object = { url: 'https://hooks.example.com/' },
): Promise<Answer['body']> {
  return (await tenant.call({ method: 'POST', path: '/webhooks', body })).body
}

/** Adds a mail address to a workspace. */
export async function givenRecipient(
  tenant: Tenant,
  email = 'ops@example.com',
): Promise<Answer['body']> {
  return (await tenant.call({ method: 'POST', path: '/notice-recipients', body: { email } })).body
}
