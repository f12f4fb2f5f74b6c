import type { DomainStatus } from '@fingerpost/model/domain-status'
import { FakeResolver } from '../../services/domain-manager/src/dns/fake-resolver.ts'
import type { DnsAnswer } from '../../services/domain-manager/src/rules/dns-answer.ts'
import {
  SETTINGS,
  START,
  startWorld,
  type World,
} from '../../services/domain-manager/test/world.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

const MINUTE_MS = 60_000
const SERVERS = 3
const TXT_PREFIX = '_fingerpost-verify'
const NO_DATA: DnsAnswer = { kind: 'no_data' }
const NXDOMAIN: DnsAnswer = { kind: 'nxdomain' }
const OURS: DnsAnswer = { kind: 'found', values: ['192.0.2.10'] }

/** S15: customers remove their CNAME, and some put it back. */
export const S15: Row = {
  name: 'S15',
  title: 'a CNAME that is really removed, with the default intervals',
  goal: 'degraded within 60 min, suspended 7 d ± 15 min after it was first seen, active within 15 min of the return',
  run,
}

type Fate = {
  readonly hostname: string
  readonly removedAt: number
  /** The first look that saw the loss. */
  seenAt: number | undefined
  degradedAt: number | undefined
  suspendedAt: number | undefined
  returnedAt: number | undefined
  activeAt: number | undefined
}

async function run({ isShort, random, say }: RowContext): Promise<Finding> {
  const count = isShort ? 20 : 200
  const servers = Array.from({ length: SERVERS }, (_, n) => new FakeResolver(`192.0.2.${n}:53`))
  await using world = startWorld({ servers, claimPauseMs: MINUTE_MS })
  const fates: Fate[] = []
  for (let index = 0; index < count; index += 1) {
    const hostname = `links.customer${index}.example`
    const dueAt = START + Math.round(random() * SETTINGS.healthIntervalMs)
    givenDomain(world, hostname, dueAt)
    for (const server of servers) publish(server, hostname, true)
    const removedAt = START + SETTINGS.healthIntervalMs * (2 + random() * 8)
    const later = {
      seenAt: undefined,
      suspendedAt: undefined,
      returnedAt: undefined,
      activeAt: undefined,
    }
    fates.push({ hostname, removedAt, degradedAt: undefined, ...later })
  }
  say(`${count} domains lose their CNAME within some hours`)
  await passTime(world, fates, servers)
  const degradedMs = fates.map(({ degradedAt, removedAt }) => (degradedAt ?? NaN) - removedAt)
  const suspendErrorMs = fates.map((fate) =>
    Math.abs((fate.suspendedAt ?? NaN) - (fate.seenAt ?? NaN) - SETTINGS.graceMs),
  )
  const activeMs = fates.map(({ activeAt, returnedAt }) => (activeAt ?? NaN) - (returnedAt ?? NaN))
  const minutes = (durations: readonly number[]): number =>
    Math.round(Math.max(...durations) / 6_000) / 10
  const figure = minutes(degradedMs)
  const [suspendError, active] = [minutes(suspendErrorMs), minutes(activeMs)]
  return {
    kind: 'measured',
    figure,
    unit: 'minutes to degraded, at most',
    pass: figure <= 60 && suspendError <= 15 && active <= 15,
    facts: {
      domains: count,
      suspended_off_by_minutes_at_most: suspendError,
      active_again_minutes_at_most: active,
    },
  }
}

function givenDomain(world: World, hostname: string, dueAt: number): void {
  world.core.givenDomain({
    hostname,
    status: 'active',
    statusSince: START - SETTINGS.graceMs,
    fastUntil: 0,
    cnameTarget: targetOf(hostname),
    verificationToken: `token-of-${hostname}`,
    dueAt,
  })
}

function targetOf(hostname: string): string {
  return `${hostname.replaceAll('.', '-')}.edge.example.net`
}

function publish(server: FakeResolver, hostname: string, hasCname: boolean): void {
  const txtName = `${TXT_PREFIX}.${hostname}`
  const target = targetOf(hostname)
  server
    .answers('CNAME', txtName, NO_DATA)
    .answers('TXT', txtName, { kind: 'found', values: [`token-of-${hostname}`] })
    .answers('CNAME', hostname, hasCname ? { kind: 'found', values: [target] } : NXDOMAIN)
    .answers('A', hostname, hasCname ? OURS : NXDOMAIN)
    .answers('AAAA', hostname, hasCname ? NO_DATA : NXDOMAIN)
    .answers('CNAME', target, NO_DATA)
    .answers('A', target, OURS)
    .answers('AAAA', target, NO_DATA)
}

/** Lets minutes pass until every domain has lost everything and got it back. */
async function passTime(
  world: World,
  fates: readonly Fate[],
  servers: readonly FakeResolver[],
): Promise<void> {
  const endAt = START + SETTINGS.graceMs + 24 * 60 * MINUTE_MS
  while (world.clock.now() < endAt && fates.some(({ activeAt }) => activeAt === undefined)) {
    const before = world.core.checks.length
    const now = world.clock.now()
    for (const fate of fates) {
      const isRemovedNow = fate.removedAt > now - MINUTE_MS && fate.removedAt <= now
      if (isRemovedNow) for (const server of servers) publish(server, fate.hostname, false)
    }
    await world.clock.advance(MINUTE_MS)
    for (const { domainId, transition, checkedAt, lossSeenAt } of world.core.checks.slice(before)) {
      const fate = fates[Number(domainId.split('_')[1]) - 1]
      if (fate !== undefined) fate.seenAt ??= lossSeenAt
      if (fate === undefined || transition === undefined) continue
      note(fate, transition.to, checkedAt)
      if (transition.to !== 'suspended') continue
      for (const server of servers) publish(server, fate.hostname, true)
    }
  }
}

function note(fate: Fate, status: DomainStatus, at: number): void {
  if (status === 'degraded') fate.degradedAt ??= at
  if (status === 'suspended') fate.suspendedAt ??= fate.returnedAt ??= at
  if (status === 'active' && fate.returnedAt !== undefined) fate.activeAt ??= at
}
