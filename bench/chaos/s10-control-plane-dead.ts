import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { latenciesOf } from '../harness/statistics.ts'
import type { CaddyProgram } from '../../test/support/caddies.ts'
import { eventually } from '../../test/support/eventually.ts'
import { startInstallation, type Installation } from '../../test/story/installation.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import {
  addDomains,
  currentCaddy,
  domainNow,
  handshakeAll,
  untilEach,
  type Handshakes,
  type WholeDomain,
} from './harness/whole.ts'

/** S10: a current Caddy restarts while more and more of what stands behind it is away. */
export const S10: Row = {
  name: 'S10',
  title: 'Caddy restarts while the control plane is dead, also in the renewal window',
  goal: '0 failed handshakes, 0 domains lost',
  run,
}

const ACTIVE_WITHIN_MS = 300_000
const RENEWED_WITHIN_MS = 30_000

// Caddy counts the last 50 minutes of any certificate as its renewal window.
const WINDOW_S = 3_000
const BEFORE_WINDOW_S = 8

async function run({ directory, isShort, say }: RowContext): Promise<Finding> {
  const caddy = await currentCaddy()
  if (caddy.kind === 'skipped') return caddy
  const many = await runMany(caddy, join(directory, 'many'), isShort ? 50 : 1_000, say)
  const window = await runInWindow(caddy, join(directory, 'window'), isShort ? 3 : 8, say)
  const figure = many.failed + window.failed
  const lost = many.lost + window.lost
  return {
    kind: 'measured',
    figure,
    unit: 'failed handshakes',
    pass: figure === 0 && lost === 0 && window.not_renewed === 0,
    facts: {
      lost,
      caddy: caddy.version,
      // A domain-manager that answers 500 is one that cannot be asked: Caddy asks another process.
      instead_of_answering_500: 'ask killed and started from its file, everything behind it dead',
      many,
      renewal_window: window,
    },
  }
}

type Say = RowContext['say']

/** Hosts with certificates of Caddy's own authority: a public one would take 17 minutes. */
async function runMany(caddy: CaddyProgram, directory: string, hosts: number, say: Say) {
  await mkdir(directory)
  await using installation = await startInstallation({
    caddy,
    directory,
    issuer: 'internal',
    settings: { DOMAINS_ACME_LIMITS: 'none' },
  })
  const hostnames = hostnamesOf(hosts)
  const startedAt = performance.now()
  const domains = await addActiveDomains(installation, hostnames)
  say(`${hosts} domains are permitted after ${secondsSince(startedAt)} s`)
  const first = await handshakeAll(installation, hostnames)
  say(`first handshakes with all of them: ${first.failed} failed`)
  const outages = await goThroughOutages(installation, hostnames, {
    say,
    before: () => Promise.resolve(),
  })
  const runs = { first, ...outages.runs }
  const lost = await countLost(installation, domains)
  return {
    hosts,
    failed: sumOf(runs),
    lost,
    ...outages.facts,
    ...factsOf(runs),
  }
}

/** Hosts with certificates of an ACME CA that are due for renewal after seconds. */
async function runInWindow(caddy: CaddyProgram, directory: string, hosts: number, say: Say) {
  await mkdir(directory)
  await using installation = await startInstallation({
    caddy,
    directory,
    pebble: { certificateLifetimeS: WINDOW_S + BEFORE_WINDOW_S },
    changeCaddyConfig: renewSoon,
  })
  const hostnames = hostnamesOf(hosts)
  const hasCertificate = async (one: WholeDomain): Promise<boolean> =>
    (await domainNow(installation, one)).certificate.status === 'issued'
  const domains = await addActiveDomains(installation, hostnames)
  // Why waited for: several first visitors at once can meet the half-made ACME account.
  await untilEach('has a certificate', domains, hasCertificate, ACTIVE_WITHIN_MS)
  const first = await handshakeAll(installation, hostnames)
  say(`${hosts} certificates by Pebble: ${first.failed} failed`)
  const outages = await goThroughOutages(installation, hostnames, {
    say,
    // Why each time: the visits before had the certificates renewed.
    before: () => delay(BEFORE_WINDOW_S * 1_000),
  })
  const lost = await countLost(installation, domains)
  const isRenewed = async (hostname: string): Promise<boolean> => {
    const { serials } = await handshakeAll(installation, [hostname])
    const serial = serials.get(hostname)
    return serial !== undefined && serial !== first.serials.get(hostname)
  }
  const renewed = await Promise.all(
    hostnames.map((hostname) =>
      eventually(`${hostname} is renewed`, () => isRenewed(hostname), {
        withinMs: RENEWED_WITHIN_MS,
      }).catch(() => false),
    ),
  )
  const runs = { first, ...outages.runs }
  return {
    hosts,
    failed: sumOf(runs),
    lost,
    not_renewed: renewed.filter((isDone) => !isDone).length,
    orders: installation.pebble.orders().length,
    ...outages.facts,
    ...factsOf(runs),
  }
}

/** Takes away more and more; each time Caddy restarts, and everybody comes twice. */
async function goThroughOutages(
  installation: Installation,
  hostnames: readonly string[],
  { say, before }: { readonly say: Say; readonly before: () => Promise<void> },
) {
  // Why twice: in the renewal window the first one only begins the renewal, and its ask.
  const visitTwice = async (): Promise<Handshakes> =>
    joined([
      await handshakeAll(installation, hostnames),
      await handshakeAll(installation, hostnames),
    ])
  const restartAndVisit = async (what: string): Promise<Handshakes> => {
    await before()
    await installation.restartCaddy()
    const both = await visitTwice()
    say(`${what}: ${both.failed} failed ${both.failures.join('; ')}`)
    return both
  }
  await installation.kill('domain-manager')
  const dead = await restartAndVisit('domain-manager is dead')

  await installation.start('domain-manager')
  installation.pause('domain-manager')
  const paused = await restartAndVisit('domain-manager hangs')
  installation.resume('domain-manager')

  await installation.kill('domain-manager')
  await installation.kill('api-core')
  const coreDead = await restartAndVisit('api-core is dead as well')

  await before()
  await installation.kill('ask')
  const askAway = await visitTwice()
  say(`ask is dead as well: ${askAway.failed} failed, as current Caddy does in the window`)
  const startedAt = performance.now()
  await installation.start('ask')
  const askAwayMs = Math.round(performance.now() - startedAt)
  const fromFile = await restartAndVisit(`ask came back from its file after ${askAwayMs} ms`)

  await installation.start('api-core')
  await installation.start('domain-manager')
  const allBack = await restartAndVisit('everything is back')
  const runs = {
    domain_manager_dead: dead,
    domain_manager_hangs: paused,
    core_dead_too: coreDead,
    ask_from_its_file: fromFile,
    all_back: allBack,
  }
  const facts = {
    ask_starts_within_ms: askAwayMs,
    // Not in the figure: current Caddy drops a valid certificate when its renewal cannot ask.
    while_ask_is_dead: { handshakes: askAway.durationsMs.length, failed: askAway.failed },
  }
  return { runs, facts }
}

async function addActiveDomains(
  installation: Installation,
  hostnames: readonly string[],
): Promise<readonly WholeDomain[]> {
  const domains = await addDomains(installation, hostnames)
  // Why ask and not the API: what counts for Caddy is what ask knows.
  const isPermitted = async ({ domain }: WholeDomain): Promise<boolean> => {
    const url = `http://127.0.0.1:${installation.ports.ask}/ask?domain=${domain.hostname}`
    const answer = await fetch(url)
    await answer.body?.cancel()
    return answer.ok
  }
  await untilEach('is permitted', domains, isPermitted, ACTIVE_WITHIN_MS)
  return domains
}

async function countLost(
  installation: Installation,
  domains: readonly WholeDomain[],
): Promise<number> {
  let lost = 0
  for (const one of domains) {
    const { status } = await domainNow(installation, one)
    if (status !== 'active' && status !== 'verified') lost += 1
  }
  return lost
}

function renewSoon(adapted: string): string {
  const ratio = WINDOW_S / (WINDOW_S + BEFORE_WINDOW_S)
  const place = '"automation":{"policies":[{'
  const changed = adapted.replace(place, `${place}"renewal_window_ratio":${ratio},`)
  if (changed === adapted) throw new Error('The adapted Caddyfile has no place for the ratio.')
  return changed
}

function hostnamesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `links.customer-${index}.test`)
}

function joined(all: readonly Handshakes[]): Handshakes {
  return {
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    failures: all.flatMap(({ failures }) => failures).slice(0, 5),
    serials: new Map(all.flatMap(({ serials }) => [...serials])),
    durationsMs: all.flatMap(({ durationsMs }) => durationsMs),
  }
}

function sumOf(runs: Readonly<Record<string, Handshakes>>): number {
  return Object.values(runs).reduce((sum, { failed }) => sum + failed, 0)
}

function factsOf(runs: Readonly<Record<string, Handshakes>>) {
  const shown = Object.entries(runs).map(([name, { failed, failures, durationsMs }]) => [
    name,
    {
      handshakes: durationsMs.length,
      failed,
      p99_ms: Math.round(latenciesOf(durationsMs).p99),
      ...(failed > 0 && { failures }),
    },
  ])
  return { runs: Object.fromEntries(shown) }
}

function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 1_000)
}
