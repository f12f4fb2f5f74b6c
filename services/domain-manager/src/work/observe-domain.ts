import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import type { FindZone } from '../dns/authorities.ts'
import type { DnsServer } from '../dns/resolver.ts'
import type { DnsAnswer } from '../rules/dns-answer.ts'
import type { HintFacts } from '../rules/dns-hints.ts'
import { observeOwnership, type OwnershipObservation } from '../rules/ownership-observation.ts'
import {
  hadCname,
  observeRouting,
  ownAddresses,
  type AddressLook,
  type RoutingLook,
  type RoutingObservation,
  type StoredRouting,
} from '../rules/routing-observation.ts'
import { DnsEvidence } from './dns-evidence.ts'
import { findHints } from './find-hints.ts'
import { lookAtAddresses, lookAtOwnership, lookAtRouting, type Asked } from './look-at-dns.ts'

/** What a check looks for in DNS. */
export type DomainExpectation = StoredRouting & {
  readonly hostname: Hostname
  readonly verificationToken: string
  /** The domain of another workspace that holds the hostname; unset: none does. */
  readonly holder?: { readonly verificationToken: string } | undefined
  /** A deleted domain, of which only the routing is looked at; unset: it is none. */
  readonly isTombstone?: boolean
}

/** What observing needs besides the domain. */
export type ObserveDeps = {
  /** The configured resolvers. */
  readonly servers: readonly DnsServer[]
  /** Finds the zone's own servers; unset: only resolvers are asked. */
  readonly findZone?: FindZone
  /** Who is asked where a missing record was put by mistake; unset: nobody. */
  readonly mistakesServer?: DnsServer
  /** Whether all published addresses are wanted, for a probe; unset: they are not. */
  readonly wantsAddresses?: (routing: RoutingObservation) => boolean
  /** Where the TXT record stands, for example `_fingerpost-verify`. */
  readonly txtPrefix: string
  /** The operator's CNAME target; undefined: what stands above the domain's own one. */
  readonly publicTarget: string | undefined
  readonly now: () => EpochMs
  /** @param server a configured resolver's address, or `authority` */
  readonly countLookup: (server: string, answer: DnsAnswer) => void
}

/** What DNS says of a domain. */
export type DnsLook = {
  readonly ownership: OwnershipObservation
  readonly routing: RoutingObservation
  /** The addresses that are published for the hostname; undefined: they were not wanted. */
  readonly addresses: readonly string[] | undefined
  readonly evidence: readonly Evidence[]
}

/** Most published addresses that are given. */
export const ADDRESSES_MAX = 16

/** What authorities are counted as: there are too many of them for a label each. */
const AUTHORITY_LABEL = 'authority'

/**
 * Asks every resolver, and some of the zone's own servers, all at once, for the
 * two records that a domain needs, and makes one observation of each.
 *
 * @param signal when it aborts, what is not answered yet counts as a timeout
 */
export async function observeDomain(
  domain: DomainExpectation,
  signal: AbortSignal,
  deps: ObserveDeps,
): Promise<DnsLook> {
  const evidence = new DnsEvidence(deps.now)
  const asking = (server: DnsServer, zone: string | undefined): Asked => ({
    server: server.name,
    zone,
    async ask(name, type) {
      const answer = await server.lookup(name, type, signal)
      deps.countLookup(zone === undefined ? server.name : AUTHORITY_LABEL, answer)
      const role = zone === undefined ? 'resolver' : 'authority'
      evidence.add(role, server.name, `${type} ${name}`, answer)
      return answer
    },
  })
  const facts = factsOf(domain, deps)
  const resolvers = deps.servers.map((server) => asking(server, undefined))
  const [ofResolvers, ofZone] = await Promise.all([
    Promise.all(resolvers.map((asked) => lookThrough(asked, domain, facts))),
    lookAtZone(domain, facts, { findZone: deps.findZone, signal, asking }),
  ])
  const looks = [...ofZone, ...ofResolvers]
  const routingLooks = await withTarget(looks.map(routingOf(domain)), resolvers, domain)
  const routing = observeRouting(routingLooks, { ...domain, hadCname: hadCname(domain) })
  const ownership = observeOwnership(
    looks.flatMap((look) => look.ownership ?? []),
    {
      name: facts.txtName,
      token: domain.verificationToken,
      ownZone: ownZoneOf(domain.cnameTarget, deps.publicTarget),
      holderToken: domain.holder?.verificationToken,
    },
  )
  const mistakes = deps.mistakesServer && asking(deps.mistakesServer, undefined)
  const hints = await findHints({ ownership, routing }, facts, {
    ask: mistakes && ((name, type) => mistakes.ask(name, type)),
    own: ownAddresses(routingLooks).all,
    asksForTxt: domain.isTombstone !== true,
  })
  const isWanted = deps.wantsAddresses?.(routing) ?? false
  return {
    ownership: { ...ownership, ...(hints.ownership && { hint: hints.ownership }) },
    routing: { ...routing, ...(hints.routing && { hint: hints.routing }) },
    addresses: isWanted
      ? await publishedAddresses(routingLooks, resolvers, domain, routing)
      : undefined,
    evidence: evidence.mostTelling([facts.txtName, domain.hostname]),
  }
}

function factsOf(domain: DomainExpectation, deps: ObserveDeps): HintFacts {
  const { txtPrefix, publicTarget } = deps
  const { hostname, cnameTarget, verificationToken: token } = domain
  return {
    hostname,
    cnameTarget,
    publicTarget,
    txtPrefix,
    txtName: `${txtPrefix}.${hostname}`,
    token,
  }
}

type Look = {
  readonly ownership: Awaited<ReturnType<typeof lookAtOwnership>> | undefined
  readonly routing: Awaited<ReturnType<typeof lookAtRouting>>
}

async function lookThrough(
  asked: Asked,
  domain: DomainExpectation,
  { txtName }: HintFacts,
): Promise<Look> {
  const [ownership, routing] = await Promise.all([
    domain.isTombstone === true ? undefined : lookAtOwnership(asked, txtName),
    lookAtRouting(asked, domain),
  ])
  return { ownership, routing }
}

async function lookAtZone(
  domain: DomainExpectation,
  facts: HintFacts,
  through: {
    readonly findZone: FindZone | undefined
    readonly signal: AbortSignal
    readonly asking: (server: DnsServer, zone: string) => Asked
  },
): Promise<readonly Look[]> {
  const { findZone, signal, asking } = through
  const zone = await findZone?.(domain.hostname)
  if (zone === undefined || signal.aborted) return []
  const servers = zone.servers.map((server) => asking(server, zone.name))
  return Promise.all(servers.map((asked) => lookThrough(asked, domain, facts)))
}

type OpenRoutingLook = Omit<RoutingLook, 'targetAddresses'>

function routingOf(domain: DomainExpectation): (look: Look) => OpenRoutingLook {
  return ({ ownership, routing }) => ({
    ...routing,
    seesToken:
      ownership?.txt.kind === 'found' && ownership.txt.values.includes(domain.verificationToken),
  })
}

/**
 * Adds our own addresses where a look did not end at our name. The zone's own
 * servers know nothing of them: what the resolvers say counts for them.
 */
async function withTarget(
  looks: readonly OpenRoutingLook[],
  resolvers: readonly Asked[],
  { cnameTarget }: DomainExpectation,
): Promise<readonly RoutingLook[]> {
  const isOpen = ({ chain }: OpenRoutingLook): boolean =>
    chain.end.kind === 'name' || chain.end.kind === 'nxdomain'
  const isZoneOpen = looks.some((look) => look.isAuthority === true && isOpen(look))
  const needing = new Set(
    looks.flatMap((look) => (look.isAuthority !== true && isOpen(look) ? [look.server] : [])),
  )
  const told = new Map(
    await Promise.all(
      resolvers
        .filter(({ server }) => isZoneOpen || needing.has(server))
        .map(async (asked) => [asked.server, await lookAtAddresses(asked, cnameTarget)] as const),
    ),
  )
  const merged = mergeAddresses([...told.values()])
  return looks.map((look) => {
    if (!isOpen(look)) return { ...look, targetAddresses: undefined }
    return { ...look, targetAddresses: look.isAuthority ? merged : told.get(look.server) }
  })
}

// What one of them finds is there; that none is there is what all of them say.
function mergeAddresses(looks: readonly AddressLook[]): AddressLook {
  const merge = (family: keyof AddressLook): DnsAnswer => {
    const answers = looks.map((look) => look[family])
    const values = answers.flatMap((answer) => (answer.kind === 'found' ? answer.values : []))
    if (values.length > 0) return { kind: 'found', values }
    const failed = answers.find(({ kind }) => kind === 'failed')
    return failed ?? answers[0] ?? { kind: 'failed', failure: 'unreachable' }
  }
  return { a: merge('a'), aaaa: merge('aaaa') }
}

async function publishedAddresses(
  looks: readonly RoutingLook[],
  resolvers: readonly Asked[],
  { hostname, cnameTarget }: DomainExpectation,
  { kind }: Pick<RoutingObservation, 'kind'>,
): Promise<readonly string[]> {
  const seen = looks.flatMap(({ addresses }) => valuesOf(addresses))
  // Why ours as well: who sees the CNAME lead to it was not asked for addresses. Why not when it
  // leads elsewhere by now: that a resolver still has the old CNAME keeps no loss from being one.
  const isOursSeen =
    kind === 'points_here' && looks.some(({ chain }) => chain.end.kind === 'target')
  const isWhole = seen.length > 0 && !isOursSeen
  const more = isWhole ? [] : await firstAddresses(isOursSeen ? cnameTarget : hostname, resolvers)
  return [...new Set([...seen, ...more])].slice(0, ADDRESSES_MAX)
}

/** Asks one, which is enough as a rule, and all others at once when it knows none. */
async function firstAddresses(
  name: string,
  [first, ...others]: readonly Asked[],
): Promise<readonly string[]> {
  if (first === undefined) return []
  const known = valuesOf(await lookAtAddresses(first, name))
  if (known.length > 0) return known
  const looks = await Promise.all(others.map((asked) => lookAtAddresses(asked, name)))
  return looks.map(valuesOf).find((found) => found.length > 0) ?? []
}

function valuesOf(look: AddressLook | undefined): readonly string[] {
  if (look === undefined) return []
  return [look.a, look.aaaa].flatMap((answer) => (answer.kind === 'found' ? answer.values : []))
}

function ownZoneOf(cnameTarget: string, publicTarget: string | undefined): string {
  if (publicTarget !== undefined) return publicTarget
  const above = cnameTarget.slice(cnameTarget.indexOf('.') + 1)
  // Why not a single label: a top-level domain is nobody's own zone.
  return above.includes('.') ? above : cnameTarget
}
