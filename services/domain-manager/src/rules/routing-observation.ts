import type { DomainObservations, Propagation } from '@fingerpost/model/domain-check'
import type { EpochMs } from '@fingerpost/model/time'
import {
  CNAMES_MAX,
  describeFailure,
  type ChainEnd,
  type CnameChain,
  type DnsAnswer,
} from './dns-answer.ts'
import { isMajority } from './majority.ts'
import { propagationAt } from './propagation.ts'
import { boundedValues, quoteValues } from './published-values.ts'

/** The addresses that one server gives for a name, by family. */
export type AddressLook = { readonly a: DnsAnswer; readonly aaaa: DnsAnswer }

/** What one server said about where a hostname leads. */
export type RoutingLook = {
  readonly server: string
  /** Whether it is one of the zone's own name servers; unset: a resolver. */
  readonly isAuthority?: boolean
  readonly chain: CnameChain
  /** Addresses at the end of the chain; undefined when they were not needed. */
  readonly addresses: AddressLook | undefined
  /** Addresses of the CNAME target, for zones that flatten; undefined when not needed. */
  readonly targetAddresses: AddressLook | undefined
  /** Whether the same server gives the domain's TXT token, and so sees the customer's zone. */
  readonly seesToken: boolean
  /** Until when the answer may be kept; unset: not known. */
  readonly keptUntil?: EpochMs | undefined
}

/** What is looked for. */
export type RoutingExpectation = {
  readonly hostname: string
  /** The name that the customer's CNAME has to lead to. */
  readonly cnameTarget: string
  /** Whether the hostname was last seen to have the CNAME, as `hadCname` tells. */
  readonly hadCname: boolean
}

/** What is stored of a domain's routing before the check. */
export type StoredRouting = {
  readonly cnameTarget: string
  readonly lossSeenAt: EpochMs | undefined
  readonly observations: Pick<DomainObservations, 'routing'>
}

/** Tells whether a domain was last routed by its CNAME; a loss that is running keeps that true. */
export function hadCname({ cnameTarget, lossSeenAt, observations }: StoredRouting): boolean {
  return lossSeenAt !== undefined || observations.routing.found.includes(cnameTarget)
}

/** What one check learned about routing, with what was found and a sentence for people. */
export type RoutingObservation = {
  /**
   * Neither routing nor its loss: `points_partly`, some addresses are ours, some are not;
   * `both_missing`, there is no record, but our own name is not found either; `unknown`.
   */
  readonly kind:
    'points_here' | 'points_partly' | 'points_elsewhere' | 'missing' | 'both_missing' | 'unknown'
  readonly found: readonly string[]
  readonly message: string
  /** What is probably wrong, and how to put it right; unset: nothing that is recognised. */
  readonly hint?: string
  /** A change that not every server shows yet; unset: all that answered agree. */
  readonly propagation?: Propagation
}

/**
 * Makes one observation of what all servers said about where a hostname leads.
 *
 * Among resolvers routing is seen when most of those with a definite answer see
 * it, and lost when most of *all* say so and none sees it. Else it is unknown.
 *
 * Name servers of the zone that were reached decide instead, by the same count.
 * But while most resolvers still lead here, so do the visitors', and nothing is
 * lost: what we alone see of the zone may be another view of it than theirs.
 */
export function observeRouting(
  looks: readonly RoutingLook[],
  expected: RoutingExpectation,
): RoutingObservation {
  const ours = ownAddresses(looks)
  const all = looks.map((look) => ({ look, view: viewOf(look, ours, expected) }))
  const resolvers = all.filter(({ look }) => look.isAuthority !== true)
  const authorities = spokenFor(all)
  const said = kindOf(resolvers)
  const kind = decide(kindOf(authorities), said)
  const isToldByZone = kind !== 'unknown' && kind === kindOf(authorities)
  const deciding = isToldByZone ? authorities : all
  const found = boundedValues(deciding.flatMap(({ look }) => publishedBy(look)))
  const propagation = propagationAt(staleOf(all, kindOf(authorities) ?? said, kind, expected))
  return {
    kind,
    found,
    message: MESSAGES[kind]({ all, deciding, found, ours, expected }),
    ...(propagation && { propagation }),
  }
}

type Kind = RoutingObservation['kind']
type Viewed = { readonly look: RoutingLook; readonly view: View }

// Undefined: none of the zone's own servers says anything.
function decide(zone: Kind | undefined, resolvers: Kind | undefined): Kind {
  if (zone === undefined) return resolvers ?? 'unknown'
  if (resolvers === undefined || isHere(zone)) return zone
  if (isHere(resolvers)) return isLost(zone) ? 'unknown' : resolvers
  return zone
}

function kindOf(views: readonly Viewed[]): Kind | undefined {
  if (views.length === 0) return undefined
  const count = (kind: View['kind']): number =>
    views.filter(({ view }) => view.kind === kind).length
  const here = count('points_here')
  const partly = count('points_partly')
  const bothMissing = count('both_missing')
  const definite = views.length - count('unknown') - bothMissing
  const lost = definite - here - partly - count('leaves')

  if (isMajority(here, definite)) return 'points_here'
  if (isMajority(here + partly, definite)) return 'points_partly'
  if (here + partly > 0 || !isMajority(lost, views.length)) {
    const seesNothing = here + partly === 0 ? count('missing') + bothMissing : 0
    return isMajority(seesNothing, views.length) ? 'both_missing' : 'unknown'
  }
  return count('points_elsewhere') > 0 ? 'points_elsewhere' : 'missing'
}

function isHere(kind: View['kind']): boolean {
  return kind === 'points_here' || kind === 'points_partly'
}

function isLost(kind: View['kind']): boolean {
  return kind === 'missing' || kind === 'points_elsewhere'
}

// The zone's own servers that gave a definite answer; none when all that they say is that
// another zone is to be asked.
function spokenFor(all: readonly Viewed[]): readonly Viewed[] {
  const definite = all.filter(
    ({ look, view }) => look.isAuthority === true && view.kind !== 'unknown',
  )
  return definite.every(({ view }) => view.kind === 'leaves') ? [] : definite
}

// Which servers hold another answer than the true one, or, while that is not known, than the
// one that is waited for.
function staleOf(
  views: readonly Viewed[],
  told: Kind | undefined,
  kind: Kind,
  expected: RoutingExpectation,
): readonly RoutingLook[] {
  const known = kind === 'unknown' && told !== undefined ? told : kind
  const becomesLost = isLost(known) || (!isHere(known) && expected.hadCname)
  const sees = becomesLost ? isLost : isHere
  if (!views.some(({ view }) => sees(view.kind))) return []
  const isStale = becomesLost ? isHere : isLost
  return views.filter(({ view }) => isStale(view.kind)).map(({ look }) => look)
}

type Told = {
  readonly all: readonly Viewed[]
  readonly deciding: readonly Viewed[]
  readonly found: readonly string[]
  readonly ours: OwnAddresses
  readonly expected: RoutingExpectation
}

const MESSAGES: Readonly<Record<Kind, (told: Told) => string>> = {
  points_here: ({ expected: { hostname } }) => `"${hostname}" leads to this server.`,
  points_partly({ found, ours, expected: { hostname, cnameTarget } }) {
    const strays = found.filter((value) => !ours.all.has(value))
    return (
      `"${hostname}" leads only partly here: ${quoteValues(strays)} ` +
      `${strays.length > 1 ? 'are' : 'is'} not ours. Leave only what leads to "${cnameTarget}".`
    )
  },
  points_elsewhere({ deciding, found, expected: { hostname, cnameTarget } }) {
    const loops = deciding.some(({ look }) => look.chain.end.kind === 'loop')
    return loops
      ? `The CNAME records of "${hostname}" lead in a circle (${quoteValues(found)}); ` +
          `expected a CNAME to "${cnameTarget}".`
      : `"${hostname}" leads to ${quoteValues(found)}; expected a CNAME to "${cnameTarget}".`
  },
  missing: ({ expected: { hostname, cnameTarget } }) =>
    `"${hostname}" has no CNAME, A or AAAA record; expected a CNAME to "${cnameTarget}".`,
  both_missing: ({ expected: { hostname, cnameTarget } }) =>
    `"${hostname}" has no CNAME, A or AAAA record; expected a CNAME to "${cnameTarget}", ` +
    'which has no address itself.',
  unknown({ all, expected: { hostname } }) {
    const told = all.map(({ look, view }) => `${look.server} ${wordsOf(view)}`)
    return `Where "${hostname}" leads cannot be told: ${told.join('; ')}.`
  },
}

type View =
  | { readonly kind: Exclude<Kind, 'unknown'> | 'leaves' }
  | { readonly kind: 'unknown'; readonly cause: string }

function viewOf(look: RoutingLook, ours: OwnAddresses, expected: RoutingExpectation): View {
  const { chain, addresses, targetAddresses } = look
  const closed = viewOfChain(chain.end)
  if (closed !== undefined) return closed

  const published = addresses === undefined ? [] : valuesOf(addresses)
  const strays = published.filter((address) => !ours.all.has(address))
  if (strays.length < published.length) {
    return { kind: strays.length === 0 ? 'points_here' : 'points_partly' }
  }
  // From here on the server sees nothing of ours. Before that counts, all it was
  // asked must have been answered, and it must still find our own target.
  const failed = failureOf(addresses)
  if (failed !== undefined) return { kind: 'unknown', cause: failed }
  if (published.length > 0 && !ours.isComplete) {
    return { kind: 'unknown', cause: 'gives addresses, but our own could not be looked up' }
  }
  // Why: when our own name is gone, flattened records become stale or vanish with it; and a
  // network that swallows every name says nothing about this one. Neither is the customer's
  // loss. A CNAME that leads elsewhere does so whether or not our own name exists.
  const hasCname = chain.targets.length > 0
  const hasNothing = published.length === 0 && !hasCname
  // A hostname that had the CNAME, on a server that still gives its TXT record, has lost it: that
  // is neither flattening nor a network that swallows names.
  const isLostForSure = expected.hadCname && look.seesToken
  const isTargetTold = failureOf(targetAddresses) === undefined
  if (hasAddresses(targetAddresses) || (isTargetTold && isLostForSure)) {
    return { kind: hasNothing ? 'missing' : 'points_elsewhere' }
  }
  if (isTargetTold) {
    if (hasNothing) return { kind: 'both_missing' }
    if (hasCname) return { kind: 'points_elsewhere' }
  }
  return { kind: 'unknown', cause: `does not find our own name "${expected.cnameTarget}"` }
}

function viewOfChain(end: ChainEnd): View | undefined {
  if (end.kind === 'name' || end.kind === 'nxdomain') return undefined
  if (end.kind === 'target') return { kind: 'points_here' }
  if (end.kind === 'loop') return { kind: 'points_elsewhere' }
  if (end.kind === 'leaves') return { kind: 'leaves' }
  if (end.kind === 'failed') return { kind: 'unknown', cause: describeFailure(end.failure) }
  return { kind: 'unknown', cause: `gives more than ${CNAMES_MAX} CNAME records in a row` }
}

/** Our own addresses, as far as the looks tell. */
export type OwnAddresses = { readonly all: ReadonlySet<string>; readonly isComplete: boolean }

/**
 * Gives our own addresses as all servers together gave them: one that rotates
 * is not the same everywhere at once.
 */
export function ownAddresses(looks: readonly RoutingLook[]): OwnAddresses {
  const asked = looks.flatMap(({ targetAddresses }) => targetAddresses ?? [])
  const isTold = (family: keyof AddressLook): boolean =>
    asked.some((look) => look[family].kind !== 'failed')
  return { all: new Set(asked.flatMap(valuesOf)), isComplete: isTold('a') && isTold('aaaa') }
}

function valuesOf({ a, aaaa }: AddressLook): readonly string[] {
  return [a, aaaa].flatMap((answer) => (answer.kind === 'found' ? answer.values : []))
}

function failureOf(look: AddressLook | undefined): string | undefined {
  if (look === undefined) return undefined
  if (look.a.kind === 'failed') return describeFailure(look.a.failure)
  if (look.aaaa.kind === 'failed') return describeFailure(look.aaaa.failure)
  return undefined
}

function hasAddresses(look: AddressLook | undefined): boolean {
  return look !== undefined && valuesOf(look).length > 0
}

function publishedBy({ chain, addresses }: RoutingLook): readonly string[] {
  return [...chain.targets, ...(addresses === undefined ? [] : valuesOf(addresses))]
}

const DEFINITE_WORDS = {
  points_here: 'sees it lead here',
  points_partly: 'sees it lead here only partly',
  points_elsewhere: 'sees it lead elsewhere',
  missing: 'sees no record',
  both_missing: 'sees no record, and does not find our own name either',
  leaves: 'gives a CNAME to another zone',
} as const

function wordsOf(view: View): string {
  return view.kind === 'unknown' ? view.cause : DEFINITE_WORDS[view.kind]
}
