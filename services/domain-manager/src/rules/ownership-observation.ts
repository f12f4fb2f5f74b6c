import type { Propagation } from '@fingerpost/model/domain-check'
import type { EpochMs } from '@fingerpost/model/time'
import { isAtOrUnder } from '@fingerpost/model/hostname'
import { describeFailure, type CnameChain, type DnsAnswer } from './dns-answer.ts'
import { isMajority } from './majority.ts'
import { propagationAt } from './propagation.ts'
import { boundedValues, quoteValues } from './published-values.ts'

/** What one server said about the TXT record that proves ownership. */
export type OwnershipLook = {
  readonly server: string
  /** Whether it is one of the zone's own name servers; unset: a resolver. */
  readonly isAuthority?: boolean
  /** The CNAME records from the TXT record's name on. */
  readonly chain: CnameChain
  readonly txt: DnsAnswer
  /** Until when the answer may be kept; unset: not known. */
  readonly keptUntil?: EpochMs | undefined
}

/** What is looked for. */
export type OwnershipExpectation = {
  /** Name of the TXT record, for example `_fingerpost-verify.links.acme.com`. */
  readonly name: string
  /** The value that proves ownership. */
  readonly token: string
  /** Names at or under which all records are ours, so that they prove nothing. */
  readonly ownZone: string
  /** What proves the ownership of the workspace that holds the hostname; unset: none does. */
  readonly holderToken?: string | undefined
}

/** What one check learned about ownership, with what was found and a sentence for people. */
export type OwnershipObservation = {
  readonly kind: 'proved' | 'missing' | 'wrong' | 'via_cname' | 'unknown'
  readonly found: readonly string[]
  readonly message: string
  /** What is probably wrong, and how to put it right; unset: nothing that is recognised. */
  readonly hint?: string
  /** A change that not every server shows yet; unset: all that answered agree. */
  readonly propagation?: Propagation
  /** Whether the TXT value of the domain that holds the hostname is there; unset: none does. */
  readonly holderToken?: TokenPresence
}

/** Whether a value is published; `absent` needs as much as the loss of routing does. */
type TokenPresence = 'present' | 'absent' | 'unknown'

/**
 * Makes one observation of what all servers said about the TXT record.
 *
 * Resolvers alone prove it when most of those that gave a definite answer
 * publish exactly the token, and at least two of them when three or more are
 * asked, so that one lying server proves nothing. They deny it when most of all
 * say so. Else it is unknown.
 *
 * Name servers of the zone that were reached must agree. When all of them have
 * the token, resolvers may still hold "no such record" from an earlier look;
 * two servers at different addresses are enough then. Why not a single one: it
 * is a single path through the network, and whoever sits on it could prove
 * everything. When none of them has it, it is not proved, whatever others hold.
 */
export function observeOwnership(
  looks: readonly OwnershipLook[],
  expected: OwnershipExpectation,
): OwnershipObservation {
  if (looks.length === 0) {
    return { kind: 'unknown', found: [], message: `TXT at "${expected.name}" was not looked at.` }
  }
  const seen = seenOf(looks, expected, expected.token)
  const verdict = judge(seen)
  const deciding = seen.authorities.length > 0 ? seen.authorities : seen.all
  const found = boundedValues(
    deciding.flatMap(({ look: { txt } }) => (txt.kind === 'found' ? txt.values : [])),
  )
  const propagation = propagationOf(seen)
  const holderToken = holderPresence(looks, expected)
  const more = {
    found,
    ...(propagation && { propagation }),
    ...(holderToken && { holderToken }),
  }
  if (verdict === 'proved') {
    return { kind: 'proved', ...more, message: `TXT at "${expected.name}" proves ownership.` }
  }
  if (verdict === 'unknown') {
    const told = seen.all.map(({ look, view }) => `${look.server} ${wordsOf(view)}`)
    const message = `TXT at "${expected.name}" cannot be told: ${told.join('; ')}.`
    return { kind: 'unknown', ...more, message }
  }
  if (countOf(deciding, 'via_cname') > 0) {
    const message =
      `TXT at "${expected.name}" is reached through a CNAME into "${expected.ownZone}", which ` +
      `proves nothing. Publish the TXT record "${expected.token}" at that very name.`
    return { kind: 'via_cname', ...more, message }
  }
  if (countOf(deciding, 'wrong') > 0) {
    const message =
      `TXT at "${expected.name}" says ${quoteValues(found)}; expected "${expected.token}".` +
      hint(found, expected)
    return { kind: 'wrong', ...more, message }
  }
  const message = `There is no TXT record at "${expected.name}"; expected "${expected.token}".`
  return { kind: 'missing', ...more, message }
}

type Viewed = { readonly look: OwnershipLook; readonly view: View }

type Seen = {
  readonly all: readonly Viewed[]
  readonly resolvers: readonly Viewed[]
  /** Only those that said something. */
  readonly authorities: readonly Viewed[]
}

function seenOf(
  looks: readonly OwnershipLook[],
  expected: OwnershipExpectation,
  token: string,
): Seen {
  const all = looks.map((look) => ({ look, view: viewOf(look, expected, token) }))
  return {
    all,
    resolvers: all.filter(({ look }) => look.isAuthority !== true),
    authorities: all.filter(({ look, view }) => look.isAuthority === true && isDefinite(view)),
  }
}

type Verdict = 'proved' | 'denied' | 'unknown'

function judge({ resolvers, authorities }: Seen): Verdict {
  const said = judgeResolvers(resolvers)
  if (authorities.length === 0) return said
  const having = countOf(authorities, 'proved')
  if (having === 0) return 'denied'
  if (having < authorities.length) return 'unknown'
  const isWitnessed = having + countOf(resolvers, 'proved') >= WITNESSES_MIN
  return said === 'proved' || isWitnessed ? 'proved' : 'unknown'
}

/** Servers that must have the token where the zone's own name servers prove it. */
const WITNESSES_MIN = 2

function judgeResolvers(resolvers: readonly Viewed[]): Verdict {
  const proved = countOf(resolvers, 'proved')
  const definite = resolvers.length - countOf(resolvers, 'unknown')
  if (proved >= provingServersMin(resolvers.length) && isMajority(proved, definite)) return 'proved'
  return isMajority(definite - proved, resolvers.length) ? 'denied' : 'unknown'
}

function holderPresence(
  looks: readonly OwnershipLook[],
  expected: OwnershipExpectation,
): TokenPresence | undefined {
  if (expected.holderToken === undefined) return undefined
  const seen = seenOf(looks, expected, expected.holderToken)
  const verdict = judge(seen)
  if (verdict === 'proved') return 'present'
  const having = countOf(seen.resolvers, 'proved')
  const isSeen =
    seen.authorities.length > 0 ? isMajority(having, seen.resolvers.length) : having > 0
  return verdict === 'denied' && !isSeen ? 'absent' : 'unknown'
}

// Why the token is the newer answer unless the zone denies it: it is published, and waited for.
function propagationOf({ all, authorities }: Seen): Propagation | undefined {
  const isThere = countOf(authorities.length > 0 ? authorities : all, 'proved') > 0
  const stale = all.filter(({ view }) => isDefinite(view) && (view.kind === 'proved') !== isThere)
  return propagationAt(stale.map(({ look }) => look))
}

type View =
  | { readonly kind: 'proved' | 'missing' | 'wrong' | 'via_cname' }
  | { readonly kind: 'unknown'; readonly cause: string }

function isDefinite({ kind }: View): boolean {
  return kind !== 'unknown'
}

function countOf(seen: readonly Viewed[], kind: View['kind']): number {
  return seen.filter(({ view }) => view.kind === kind).length
}

/** How many resolvers must agree: one by itself counts where no more than two are asked. */
export function provingServersMin(servers: number): number {
  return servers >= 3 ? 2 : 1
}

function viewOf(
  { chain, txt }: OwnershipLook,
  expected: OwnershipExpectation,
  token: string,
): View {
  if (chain.end.kind === 'leaves') {
    return { kind: 'unknown', cause: 'gives a CNAME to another zone' }
  }
  if (txt.kind === 'failed') return { kind: 'unknown', cause: describeFailure(txt.failure) }
  if (txt.kind !== 'found') return { kind: 'missing' }
  if (chain.targets.some((target) => isAtOrUnder(target, expected.ownZone))) {
    return { kind: 'via_cname' }
  }
  if (!txt.values.includes(token)) return { kind: 'wrong' }
  // Why only now: a value that is not the token proves nothing however it was reached.
  const { end } = chain
  if (end.kind === 'failed') return { kind: 'unknown', cause: describeFailure(end.failure) }
  if (end.kind === 'loop' || end.kind === 'too_long') {
    return { kind: 'unknown', cause: 'gives CNAME records without an end' }
  }
  return { kind: 'proved' }
}

const DEFINITE_WORDS = {
  proved: 'gives the expected value',
  missing: 'gives no TXT record',
  wrong: 'gives other values',
  via_cname: 'gives a CNAME into our own zone',
} as const

function wordsOf(view: View): string {
  return view.kind === 'unknown' ? view.cause : DEFINITE_WORDS[view.kind]
}

function hint(found: readonly string[], { token }: OwnershipExpectation): string {
  const containing = found.find((value) => value.includes(token))
  if (containing === undefined) return ''
  if (containing.replaceAll(/["'\s]/g, '') === token) {
    return ' Take the quotes and spaces out of the value.'
  }
  return ' The value must be the token alone.'
}
