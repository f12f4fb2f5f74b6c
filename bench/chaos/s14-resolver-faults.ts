import { NO_OBSERVATIONS } from '@fingerpost/model/domain-check'
import {
  decideCheck,
  type CheckedDomain,
} from '../../services/domain-manager/src/rules/check-decision.ts'
import type { DnsAnswer, DnsFailure } from '../../services/domain-manager/src/rules/dns-answer.ts'
import {
  observeOwnership,
  type OwnershipLook,
} from '../../services/domain-manager/src/rules/ownership-observation.ts'
import {
  hadCname,
  observeRouting,
  type RoutingLook,
} from '../../services/domain-manager/src/rules/routing-observation.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

const DAYS = 7
const DAY_MS = 86_400_000
const SETTINGS = { healthIntervalMs: 15 * 60_000, confirmMs: 60_000, graceMs: 7 * DAY_MS }
const TARGET = 'k1.edge.example.net'
const TOKEN = 'fp-token'
const OURS = '192.0.2.10'
const SERVERS = 3
const FAILURES: readonly DnsFailure[] = [
  'servfail',
  'refused',
  'timeout',
  'malformed',
  'incomplete',
]

/** S14: resolvers fail in every way for a week, and no domain's records ever change. */
export const S14: Row = {
  name: 'S14',
  title: `${DAYS} simulated days of resolver faults`,
  goal: '0 domains degraded or suspended',
  run,
}

/** How the resolvers behave for some hours. */
type Weather =
  /** Each answer of each server fails with this probability. */
  | { readonly kind: 'failing'; readonly share: number }
  /** One server says that nothing exists, or that it leads elsewhere. */
  | { readonly kind: 'liar'; readonly server: number; readonly says: 'nothing' | 'elsewhere' }
  /** Our own name is not found anywhere. */
  | { readonly kind: 'own_name_gone' }
  | { readonly kind: 'fair' }

async function run({ isShort, random, say }: RowContext): Promise<Finding> {
  const domains = isShort ? 500 : 10_000
  const weather = Array.from({ length: DAYS * 12 }, () => anyWeather(random))
  say(`${domains} domains, ${DAYS} days, ${weather.length} spells of weather`)
  let checks = 0
  let blind = 0
  let changed = 0
  for (let index = 0; index < domains; index += 1) {
    const life = live(index % 2 === 0, weather, random)
    checks += life.checks
    blind += life.blind
    if (life.isChanged) changed += 1
  }
  return {
    kind: 'measured',
    figure: changed,
    unit: 'domains whose status changed',
    pass: changed === 0,
    facts: { domains, days: DAYS, checks, checks_that_could_not_tell: blind },
  }
}

function anyWeather(random: () => number): Weather {
  const pick = random()
  if (pick < 0.15) return { kind: 'failing', share: 1 }
  if (pick < 0.5) return { kind: 'failing', share: random() }
  if (pick < 0.8) {
    const says = random() < 0.5 ? 'nothing' : 'elsewhere'
    return { kind: 'liar', server: Math.floor(random() * SERVERS), says }
  }
  return pick < 0.9 ? { kind: 'own_name_gone' } : { kind: 'fair' }
}

function live(isFlattened: boolean, weather: readonly Weather[], random: () => number) {
  let now = 0
  let checks = 0
  let blind = 0
  let domain: CheckedDomain = {
    status: 'active',
    statusSince: -DAY_MS,
    lossSeenAt: undefined,
    graceEndsAt: undefined,
    fastUntil: -DAY_MS,
    observations: NO_OBSERVATIONS,
    holder: undefined,
    takeoverSeenAt: undefined,
    isTombstone: false,
  }
  const spellMs = (DAYS * DAY_MS) / weather.length
  while (now < DAYS * DAY_MS) {
    const spell = weather[Math.floor(now / spellMs)] ?? { kind: 'fair' }
    const looks = Array.from({ length: SERVERS }, (_, server) =>
      lookOf(server, isFlattened, spell, random),
    )
    const expected = {
      hostname: 'links.acme.example',
      cnameTarget: TARGET,
      hadCname: hadCname({ ...domain, cnameTarget: TARGET }),
    }
    const seen = {
      ownership: observeOwnership(
        looks.map(({ ownership }) => ownership),
        { name: 'txt.acme.example', token: TOKEN, ownZone: 'edge.example.net' },
      ),
      routing: observeRouting(
        looks.map(({ routing }) => routing),
        expected,
      ),
      probe: NO_OBSERVATIONS.probe,
      caa: NO_OBSERVATIONS.caa,
    }
    const decision = decideCheck(domain, seen, now, SETTINGS, random())
    checks += 1
    if (seen.routing.kind === 'unknown' || seen.routing.kind === 'both_missing') blind += 1
    if (decision.transition !== undefined) return { checks, blind, isChanged: true }
    const { lossSeenAt, graceEndsAt, observations } = decision
    domain = { ...domain, lossSeenAt, graceEndsAt, observations }
    now = Math.max(now + 1, decision.nextCheckAt ?? now + SETTINGS.healthIntervalMs)
  }
  return { checks, blind, isChanged: false }
}

function lookOf(
  index: number,
  isFlattened: boolean,
  weather: Weather,
  random: () => number,
): { readonly routing: RoutingLook; readonly ownership: OwnershipLook } {
  const server = `192.0.2.${index}:53`
  const share = weather.kind === 'failing' ? weather.share : 0
  const failure = (): DnsFailure | undefined =>
    random() < share ? FAILURES[Math.floor(random() * FAILURES.length)] : undefined
  const answer = (truth: DnsAnswer): DnsAnswer => {
    const what = failure()
    return what === undefined ? truth : { kind: 'failed', failure: what }
  }
  if (weather.kind === 'liar' && weather.server === index) return lieOf(server, weather.says)
  const isGone = weather.kind === 'own_name_gone'
  const nothing: DnsAnswer = isGone ? { kind: 'nxdomain' } : { kind: 'no_data' }
  const own: DnsAnswer = isGone ? { kind: 'nxdomain' } : { kind: 'found', values: [OURS] }
  const txt = answer({ kind: 'found', values: [TOKEN] })
  const chainFailure = failure()
  const end =
    chainFailure !== undefined
      ? ({ kind: 'failed', failure: chainFailure } as const)
      : ({ kind: isFlattened ? 'name' : 'target' } as const)
  const isOpen = end.kind === 'name'
  return {
    ownership: { server, chain: { targets: [], end: { kind: 'name' } }, txt },
    routing: {
      server,
      chain: { targets: end.kind === 'target' ? [TARGET] : [], end },
      // Why none when our name is gone: whoever flattens it has nothing to publish either.
      addresses: isOpen
        ? { a: answer(isGone ? nothing : own), aaaa: answer({ kind: 'no_data' }) }
        : undefined,
      targetAddresses: isOpen ? { a: answer(own), aaaa: answer(nothing) } : undefined,
      seesToken: txt.kind === 'found',
    },
  }
}

function lieOf(server: string, says: 'nothing' | 'elsewhere') {
  const isNothing = says === 'nothing'
  const gone: DnsAnswer = { kind: 'nxdomain' }
  const values = ['198.51.100.1']
  const elsewhere: DnsAnswer = { kind: 'found', values }
  return {
    ownership: {
      server,
      chain: { targets: [], end: { kind: 'nxdomain' as const } },
      txt: isNothing ? gone : elsewhere,
    },
    routing: {
      server,
      chain: { targets: [], end: { kind: isNothing ? ('nxdomain' as const) : ('name' as const) } },
      addresses: isNothing ? undefined : { a: elsewhere, aaaa: { kind: 'no_data' as const } },
      targetAddresses: { a: { kind: 'found' as const, values: [OURS] }, aaaa: gone },
      seesToken: false,
    },
  }
}
