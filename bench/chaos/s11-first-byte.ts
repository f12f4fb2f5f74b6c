import { setTimeout as delay } from 'node:timers/promises'
import { latenciesOf, type Latencies } from '../harness/statistics.ts'
import { eventually } from '../../test/support/eventually.ts'
import { startInstallation, type Installation } from '../../test/story/installation.ts'
import { publishRecords, visit } from '../../test/story/story.ts'
import { rounded } from './harness/load.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { currentCaddy, domainNow, inParallel, type WholeDomain } from './harness/whole.ts'

const FIRST_BYTE_MS_MAX = 50
const VERIFIED_MS_MAX = 6_000
const DESTINATION = 'https://www.customer.test/spring'
// Why apart: owners publish at any moment between two looks, which are 5 s apart.
const PUBLISHED_WITHIN_MS = 5_000
const STATUS_WITHIN_MS = 90_000

/** S11: what the first visitor of a hostname waits for. */
export const S11: Row = {
  name: 'S11',
  title: 'the first visitor after a certificate is there, and the way to it',
  goal: `p95 of the first byte at most ${FIRST_BYTE_MS_MAX} ms, verified in ${VERIFIED_MS_MAX} ms`,
  run,
}

type Life = {
  readonly verifiedMs: number
  readonly activeMs: number
  readonly certificateMs: number
  readonly firstByteMs: number
  readonly isRedirect: boolean
}

async function run({ directory, isShort, random, say }: RowContext): Promise<Finding> {
  const caddy = await currentCaddy()
  if (caddy.kind === 'skipped') return caddy
  await using installation = await startInstallation({ caddy, directory })
  const domains = await addWithLinks(installation, isShort ? 3 : 20)
  say(`${domains.length} domains wait for their records`)
  const lives = await Promise.all(
    domains.map(async (one) => {
      await delay(random() * PUBLISHED_WITHIN_MS)
      return liveOf(installation, one)
    }),
  )
  const firstByteMs = latenciesOf(lives.map((life) => life.firstByteMs))
  const verifiedMs = latenciesOf(lives.map((life) => life.verifiedMs))
  const wrong = lives.filter(({ isRedirect }) => !isRedirect).length
  return {
    kind: 'measured',
    figure: rounded(firstByteMs.p95),
    unit: 'ms to the first byte (p95)',
    pass: firstByteMs.p95 <= FIRST_BYTE_MS_MAX && verifiedMs.max <= VERIFIED_MS_MAX && wrong === 0,
    facts: {
      wrong,
      first_byte_ms: shown(firstByteMs),
      // The next three count from the moment that DNS has both records.
      verified_after_ms: shown(verifiedMs),
      active_after_ms: shown(latenciesOf(lives.map((life) => life.activeMs))),
      // First issuances begin 1.1 s apart: the last of many waits for those before it.
      certificate_after_ms: shown(latenciesOf(lives.map((life) => life.certificateMs))),
      orders: installation.pebble.orders().length,
    },
  }
}

async function addWithLinks(
  installation: Installation,
  count: number,
): Promise<readonly WholeDomain[]> {
  const { api } = installation
  const workspaceId = await api.createWorkspace('Chaos')
  const hostnames = Array.from({ length: count }, (_, index) => `links.customer-${index}.test`)
  return inParallel(hostnames, count, async (hostname) => {
    const domain = await api.addDomain(workspaceId, hostname)
    const link = { domain_id: domain.id, slug: 'spring', destination_url: DESTINATION }
    await api.createLink(workspaceId, link)
    const one = { workspaceId, domain }
    // Why: owners publish after they have read what to publish, so the first look comes too early.
    await eventually(
      `${hostname} was looked at`,
      async () =>
        (await domainNow(installation, one)).records.every(({ state }) => state === 'missing'),
      { withinMs: STATUS_WITHIN_MS },
    )
    return one
  })
}

async function liveOf(installation: Installation, one: WholeDomain): Promise<Life> {
  const { hostname } = one.domain
  await publishRecords(installation, one.domain)
  const publishedAt = performance.now()
  const since = async (
    what: string,
    isReached: (status: string, certificate: string) => boolean,
  ): Promise<number> => {
    await eventually(
      `${hostname} ${what}`,
      async () => {
        const { status, certificate } = await domainNow(installation, one)
        return isReached(status, certificate.status)
      },
      { withinMs: STATUS_WITHIN_MS },
    )
    return performance.now() - publishedAt
  }
  const verifiedMs = await since('is verified', (status) => status !== 'pending_verification')
  const activeMs = await since('is active', (status) => status === 'active')
  const certificateMs = await since('has a certificate', (_, status) => status === 'issued')
  const outcome = await visit(installation, hostname, '/spring')
  const isRedirect = outcome.kind === 'answered' && outcome.headers.location === DESTINATION
  return { verifiedMs, activeMs, certificateMs, firstByteMs: outcome.durationMs, isRedirect }
}

function shown({ p50, p95, max }: Latencies) {
  return { p50: rounded(p50), p95: rounded(p95), max: rounded(max) }
}
