import { setTimeout as delay } from 'node:timers/promises'
import { latenciesOf } from '../harness/statistics.ts'
import type { ApiDomain } from '../../test/story/api-client.ts'
import { startInstallation, type Installation } from '../../test/story/installation.ts'
import { visit } from '../../test/story/story.ts'
import { rounded } from './harness/load.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import {
  addDomains,
  currentCaddy,
  domainNow,
  inParallel,
  untilEach,
  type WholeDomain,
} from './harness/whole.ts'

const ACTIVE_WITHIN_MS = 300_000
const VISIT_EVERY_MS = 250
const LOOK_EVERY_MS = 1_000
// A visitor who waits for longer than this waits for somebody else's certificate.
const STALL_MS = 1_000
const HELD_BACK_SEEN_MIN = 5
const LOOKED_AT_ONCE = 8

/** What of the CA's limits is for new hostnames, as ask counts them. */
const ACCOUNT_BUDGET = { orders: 240, refilledEveryMs: 36_000 }
const DOMAIN_BUDGET = 50

/** S12: a customer brings many domains at once, more than the CA lets through. */
export const S12: Row = {
  name: 'S12',
  title: 'an import of more domains than the CA issues certificates for',
  goal: '0 stalled visitors of served hosts, orders within the budget, the next slot is told',
  run,
}

async function run({ directory, isShort, say }: RowContext): Promise<Finding> {
  const caddy = await currentCaddy()
  if (caddy.kind === 'skipped') return caddy
  await using installation = await startInstallation({ caddy, directory })
  const served = await serveOne(installation)
  const visitors = new Visitors(installation, served.domain.hostname)
  const visiting = visitors.run()
  const startedAt = performance.now()
  const domains = await addDomains(installation, hostnamesOf(isShort))
  const isActive = async (one: WholeDomain): Promise<boolean> =>
    (await domainNow(installation, one)).status === 'active'
  await untilEach('is active', domains, isActive, ACTIVE_WITHIN_MS)
  const activeAfterMs = performance.now() - startedAt
  say(`${domains.length} domains are active after ${Math.round(activeAfterMs / 1_000)} s`)
  const states = await untilSomeAreHeldBack(installation, domains, isShort ? 120_000 : 480_000)
  const importMs = performance.now() - startedAt
  const heldBack = states.filter(isHeldBack)
  const hostname = heldBack[0]?.hostname
  const refusal = hostname === undefined ? undefined : await visit(installation, hostname, '/')
  visitors.stop()
  await visiting
  const orders = installation.pebble.orders().length - 1
  const budget = isShort
    ? DOMAIN_BUDGET
    : ACCOUNT_BUDGET.orders + Math.ceil(importMs / ACCOUNT_BUDGET.refilledEveryMs)
  const untold = heldBack.filter(({ certificate }) => certificate.next_attempt_at === null).length
  const refusedMs = refusal?.kind === 'alert' ? refusal.durationMs : NaN
  return {
    kind: 'measured',
    figure: visitors.stalls,
    unit: `visitors who waited for more than ${STALL_MS} ms, or in vain`,
    pass:
      visitors.stalls === 0 &&
      orders <= budget &&
      heldBack.length >= HELD_BACK_SEEN_MIN &&
      untold === 0 &&
      refusedMs <= STALL_MS,
    facts: {
      domains: domains.length,
      limit: isShort ? 'of one registrable domain' : 'of the account',
      all_active_after_s: Math.round(activeAfterMs / 1_000),
      watched_s: Math.round(importMs / 1_000),
      orders,
      budget,
      issued: states.filter(({ certificate }) => certificate.status === 'issued').length,
      held_back: heldBack.length,
      held_back_without_next_attempt: untold,
      next_attempt_at: heldBack[0]?.certificate.next_attempt_at,
      visits: visitors.durationsMs.length,
      visit_p99_ms: rounded(latenciesOf(visitors.durationsMs).p99),
      held_back_refused_within_ms: rounded(refusedMs),
    },
  }
}

/** In the short run, all are below one name, of which a CA issues for far fewer. */
function hostnamesOf(isShort: boolean): readonly string[] {
  return isShort
    ? Array.from({ length: 60 }, (_, index) => `shop-${index}.customer.test`)
    : Array.from({ length: 1_000 }, (_, index) => `links.customer-${index}.test`)
}

async function serveOne(installation: Installation): Promise<WholeDomain> {
  const [one] = await addDomains(installation, ['links.served.test'])
  if (one === undefined) throw new Error('No domain was added.')
  const isIssued = async (): Promise<boolean> =>
    (await domainNow(installation, one)).certificate.status === 'issued'
  await untilEach('has a certificate', [one], isIssued, ACTIVE_WITHIN_MS)
  return one
}

/** Gives the domains once the budget is spent, or when it takes too long. */
async function untilSomeAreHeldBack(
  installation: Installation,
  domains: readonly WholeDomain[],
  withinMs: number,
): Promise<readonly ApiDomain[]> {
  const deadlineAt = performance.now() + withinMs
  for (;;) {
    const states = await inParallel(domains, LOOKED_AT_ONCE, (one) => domainNow(installation, one))
    if (states.filter(isHeldBack).length >= HELD_BACK_SEEN_MIN) return states
    if (performance.now() > deadlineAt) return states
    await delay(LOOK_EVERY_MS)
  }
}

function isHeldBack({ certificate }: ApiDomain): boolean {
  return certificate.error_code === 'held_back'
}

/** Comes to one hostname again and again, on a new connection each time. */
class Visitors {
  readonly durationsMs: number[] = []
  stalls = 0
  readonly #installation: Installation
  readonly #hostname: string
  #isStopped = false

  constructor(installation: Installation, hostname: string) {
    this.#installation = installation
    this.#hostname = hostname
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      const outcome = await visit(this.#installation, this.#hostname, '/')
      this.durationsMs.push(outcome.durationMs)
      if (outcome.kind !== 'answered' || outcome.durationMs > STALL_MS) this.stalls += 1
      await delay(VISIT_EVERY_MS)
    }
  }

  stop(): void {
    this.#isStopped = true
  }
}
