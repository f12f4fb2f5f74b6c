import type { DomainStatus } from '@fingerpost/model/domain-status'
import { eventually } from '../support/eventually.ts'
import { httpsGet, type HttpsOutcome } from '../support/tls-client.ts'
import type { ApiDomain } from './api-client.ts'
import type { Installation } from './installation.ts'

/** Whoever listens to the story: a terminal, or a test that only wants the outcome. */
export type Listener = {
  chapter(title: string): void
  /** What was done or seen, in one sentence. */
  tell(sentence: string): void
  /** How long something took. */
  timed(what: string, durationMs: number): void
}

/** The customer's hostname, and the link on it. */
export const HOSTNAME = 'links.acme.test'
export const DESTINATION_URL = 'https://www.acme.test/collections/spring'
export const CHANGED_URL = 'https://www.acme.test/collections/summer'

/** How the second half is made short enough to watch. */
export const SHORT_SETTINGS = {
  DOMAINS_HEALTH_INTERVAL_MS: '1000',
  DOMAINS_CONFIRM_MS: '1000',
  DOMAINS_GRACE_MS: '5000',
} as const

/** What the story has come to, for whoever wants to look closer. */
export type Outcome = {
  readonly workspaceId: string
  readonly domainId: string
  readonly firstVisit: Extract<HttpsOutcome, { readonly kind: 'answered' }>
  /** From both records visible in DNS to the first redirect over HTTPS. */
  readonly publishedToRedirectMs: number
  /** Orders that the CA had seen when the first visitor came. */
  readonly ordersBeforeFirstVisit: number
  readonly suspendedVisit: HttpsOutcome
  readonly lastVisit: HttpsOutcome
  /** Every status that was seen, in order. */
  readonly statuses: readonly DomainStatus[]
}

const STATUS_WITHIN_MS = 30_000

/**
 * Plays a domain's whole life against a real installation: added, proved,
 * served, lost, suspended and recovered.
 */
export async function playStory(installation: Installation, listener: Listener): Promise<Outcome> {
  const customer = await addDomain(installation, listener)
  const { firstVisit, publishedToRedirectMs, ordersBeforeFirstVisit } = await goLive(
    installation,
    customer,
    listener,
  )
  await changeLink(installation, customer, listener)
  const suspendedVisit = await loseRouting(installation, customer, listener)
  const lastVisit = await recover(installation, customer, listener)
  return {
    workspaceId: customer.workspaceId,
    domainId: customer.domain.id,
    firstVisit,
    publishedToRedirectMs,
    ordersBeforeFirstVisit,
    suspendedVisit,
    lastVisit,
    statuses: customer.statuses,
  }
}

/** Makes one visit of a browser that trusts the test CA. */
export function visit(
  installation: Installation,
  hostname: string,
  path: string,
): Promise<HttpsOutcome> {
  return httpsGet({
    port: installation.ports.https,
    host: hostname,
    path,
    caPem: installation.pebble.issuingRootPem,
    timeoutMs: 20_000,
  })
}

/** Publishes in DNS what a domain's records ask for. */
export async function publishRecords(installation: Installation, domain: ApiDomain): Promise<void> {
  await publishRouting(installation, domain)
  const txt = recordOf(domain, 'TXT')
  await installation.dns.setTxt(txt.name, [txt.value])
}

/** Publishes the CNAME, and the operator's address behind it. */
export async function publishRouting(installation: Installation, domain: ApiDomain): Promise<void> {
  const cname = recordOf(domain, 'CNAME')
  await installation.dns.setA(cname.value, ['127.0.0.1'])
  await installation.dns.setCname(cname.name, cname.value)
}

type Customer = {
  readonly workspaceId: string
  readonly domain: ApiDomain
  readonly linkId: string
  readonly statuses: DomainStatus[]
}

async function addDomain(installation: Installation, listener: Listener): Promise<Customer> {
  const { api } = installation
  listener.chapter('A customer adds a domain')
  const workspaceId = await api.createWorkspace('Acme')
  const domain = await api.addDomain(workspaceId, HOSTNAME)
  const link = await api.createLink(workspaceId, {
    domain_id: domain.id,
    slug: 'spring',
    destination_url: DESTINATION_URL,
  })
  listener.tell(`${HOSTNAME} is ${domain.status}. Its owner is asked for two records:`)
  for (const record of domain.records) {
    listener.tell(`  ${record.type.padEnd(5)} ${record.name} → ${record.value}`)
  }
  // Why waited for: an owner publishes later than this, and the next check is seconds away then.
  const checked = await eventually(
    'the first check is stored',
    async () => {
      const now = await api.getDomain(workspaceId, domain.id)
      return now.records.every((record) => record.state === 'missing') && now.reason
    },
    { withinMs: STATUS_WITHIN_MS },
  )
  listener.tell(`The first check: ${checked.message}`)
  const tooEarly = await visit(installation, HOSTNAME, '/spring')
  listener.tell(`A visitor who comes too early: ${describeVisit(tooEarly)}.`)
  return { workspaceId, domain, linkId: link.id, statuses: [domain.status] }
}

async function goLive(installation: Installation, customer: Customer, listener: Listener) {
  listener.chapter('The records are published')
  await publishRecords(installation, customer.domain)
  const publishedAt = performance.now()
  listener.tell('Both records are visible in DNS now. Nobody does anything; the checks run.')
  for (const status of ['verified', 'active'] as const) {
    await untilStatus(installation, customer, status, listener)
    listener.timed(`records visible → ${status}`, performance.now() - publishedAt)
  }

  await untilCertificate(installation, customer)
  listener.timed('records visible → certificate seen', performance.now() - publishedAt)
  const ordersBeforeFirstVisit = installation.pebble.orders().length

  listener.chapter('The first visitor')
  const firstVisit = await visit(installation, HOSTNAME, '/spring')
  const publishedToRedirectMs = performance.now() - publishedAt
  if (firstVisit.kind !== 'answered') {
    throw new Error(`The first visit failed: ${describeVisit(firstVisit)}.`)
  }
  const { certificate } = firstVisit
  listener.tell(`${describeVisit(firstVisit)}.`)
  listener.tell(`Certificate: ${certificate.keyType}, for ${certificate.subjectAltName}.`)
  listener.timed('records visible → first HTTPS redirect', publishedToRedirectMs)
  listener.timed('first visit, certificate there before', firstVisit.durationMs)
  const second = await visit(installation, HOSTNAME, '/spring')
  listener.timed('second visit, new connection', second.durationMs)
  return { firstVisit, publishedToRedirectMs, ordersBeforeFirstVisit }
}

/** Waits until our own handshake has seen the certificate. */
async function untilCertificate(installation: Installation, customer: Customer): Promise<void> {
  const { workspaceId, domain } = customer
  await eventually(
    `${domain.hostname} has a certificate`,
    async () =>
      (await installation.api.getDomain(workspaceId, domain.id)).certificate.status === 'issued',
    { withinMs: STATUS_WITHIN_MS },
  )
}

async function changeLink(installation: Installation, customer: Customer, listener: Listener) {
  listener.chapter('The link is changed')
  await installation.api.changeLink(customer.workspaceId, customer.linkId, {
    destination_url: CHANGED_URL,
  })
  const changedAt = performance.now()
  const seen = await eventually(
    'the edge answers with the new destination',
    async () => {
      const outcome = await visit(installation, HOSTNAME, '/spring')
      return outcome.kind === 'answered' && outcome.headers.location === CHANGED_URL && outcome
    },
    { withinMs: STATUS_WITHIN_MS },
  )
  listener.tell(`${describeVisit(seen)}.`)
  listener.timed('link changed → seen by visitors', performance.now() - changedAt)
}

async function loseRouting(installation: Installation, customer: Customer, listener: Listener) {
  listener.chapter('The CNAME disappears')
  await installation.stop('domain-manager')
  await installation.start('domain-manager', SHORT_SETTINGS)
  listener.tell('domain-manager restarted with a check each second and a grace of 5 seconds.')
  await installation.dns.clearCname(HOSTNAME)
  const removedAt = performance.now()
  await installation.api.checkDomain(customer.workspaceId, customer.domain.id)
  const degraded = await untilStatus(installation, customer, 'degraded', listener)
  listener.timed('CNAME removed → degraded', performance.now() - removedAt)
  listener.tell(`Grace ends at ${degraded.grace_ends_at}. Meanwhile it goes on serving:`)
  listener.tell(`${describeVisit(await visit(installation, HOSTNAME, '/spring'))}.`)

  await untilStatus(installation, customer, 'suspended', listener)
  listener.timed('CNAME removed → suspended', performance.now() - removedAt)
  const suspendedVisit = await visit(installation, HOSTNAME, '/spring')
  listener.tell(`A visitor now: ${describeVisit(suspendedVisit)}.`)
  return suspendedVisit
}

async function recover(installation: Installation, customer: Customer, listener: Listener) {
  listener.chapter('The CNAME comes back')
  await publishRouting(installation, customer.domain)
  const restoredAt = performance.now()
  await untilStatus(installation, customer, 'active', listener)
  listener.timed('CNAME restored → active', performance.now() - restoredAt)
  const lastVisit = await visit(installation, HOSTNAME, '/spring')
  listener.tell(`${describeVisit(lastVisit)}.`)
  return lastVisit
}

// Why: a look every few milliseconds may miss a status that lasts for less.
const PASSED_BY: Readonly<Record<DomainStatus, readonly DomainStatus[]>> = {
  pending_verification: [],
  verified: ['active'],
  active: [],
  degraded: ['suspended'],
  suspended: [],
}

async function untilStatus(
  installation: Installation,
  customer: Customer,
  status: DomainStatus,
  listener: Listener,
): Promise<ApiDomain> {
  const { workspaceId, domain, statuses } = customer
  const reached = await eventually(
    `${domain.hostname} is ${status}`,
    async () => {
      const now = await installation.api.getDomain(workspaceId, domain.id)
      if (statuses.at(-1) !== now.status) statuses.push(now.status)
      return [status, ...PASSED_BY[status]].includes(now.status) && now
    },
    { withinMs: STATUS_WITHIN_MS },
  )
  listener.tell(`${domain.hostname} is ${status}: ${reached.reason.message}`)
  return reached
}

function recordOf(domain: ApiDomain, type: 'CNAME' | 'TXT') {
  const record = domain.records.find((candidate) => candidate.type === type)
  if (record === undefined) throw new Error(`${domain.hostname} asks for no ${type} record.`)
  return record
}

/** Says in a few words how a visit went. */
export function describeVisit(outcome: HttpsOutcome): string {
  switch (outcome.kind) {
    case 'answered':
      return outcome.headers.location === undefined
        ? `HTTPS answers ${outcome.status}`
        : `HTTPS answers ${outcome.status} → ${outcome.headers.location}`
    case 'alert':
      return `no certificate, TLS alert "${outcome.alert}"`
    case 'untrusted':
      return `the certificate is not believed (${outcome.code})`
    case 'no_connection':
      return `no connection (${outcome.code})`
    default:
      return outcome satisfies never
  }
}
