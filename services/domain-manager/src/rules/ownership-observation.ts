import type { Propagation } from '@fingerpost/model/domain-check'
import { isAtOrUnder } from '@fingerpost/model/hostname'
import { describeFailure, type CnameChain, type DnsAnswer } from './dns-answer.ts'
import { isMajority } from './majority.ts'
import { boundedValues, quoteValues } from './published-values.ts'

/** What one server said about the TXT record that proves ownership. */
export type OwnershipLook = {
  readonly server: string
  /** The CNAME records from the TXT record's name on. */
  readonly chain: CnameChain
  readonly txt: DnsAnswer
}

/** What is looked for. */
export type OwnershipExpectation = {
  /** Name of the TXT record, for example `_fingerpost-verify.links.acme.com`. */
  readonly name: string
  /** The value that proves ownership. */
  readonly token: string
  /** Names at or under which all records are ours, so that they prove nothing. */
  readonly ownZone: string
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
  /** Whether the TXT value of the domain that holds the hostname is there; unset: not asked. */
  readonly holderToken?: 'present' | 'absent' | 'unknown'
}

/**
 * Makes one observation of what all servers said about the TXT record.
 *
 * Proved: most servers that gave a definite answer publish exactly the token,
 * and at least two of them when three or more are asked, so that one lying
 * server proves nothing. Not proved: most of all servers say so. Else unknown.
 */
export function observeOwnership(
  looks: readonly OwnershipLook[],
  expected: OwnershipExpectation,
): OwnershipObservation {
  const views = looks.map((look) => ({ look, view: viewOf(look, expected) }))
  const count = (kind: View['kind']): number =>
    views.filter(({ view }) => view.kind === kind).length
  const proved = count('proved')
  const definite = views.length - count('unknown')
  const found = boundedValues(looks.flatMap(({ txt }) => (txt.kind === 'found' ? txt.values : [])))

  if (proved >= provingServersMin(looks.length) && isMajority(proved, definite)) {
    return { kind: 'proved', found, message: `TXT at ${expected.name} proves ownership.` }
  }
  if (!isMajority(definite - proved, looks.length)) {
    const told = views.map(({ look, view }) => `${look.server} ${wordsOf(view)}`)
    const message = `TXT at ${expected.name} cannot be told: ${told.join('; ')}.`
    return { kind: 'unknown', found, message }
  }
  if (count('via_cname') > 0) {
    const message =
      `TXT at ${expected.name} is reached through a CNAME into ${expected.ownZone}, which proves ` +
      `nothing. Publish the TXT record "${expected.token}" at that very name.`
    return { kind: 'via_cname', found, message }
  }
  if (count('wrong') > 0) {
    const message =
      `TXT at ${expected.name} says ${quoteValues(found)}; expected "${expected.token}".` +
      hint(found, expected)
    return { kind: 'wrong', found, message }
  }
  const message = `There is no TXT record at ${expected.name}; expected "${expected.token}".`
  return { kind: 'missing', found, message }
}

type View =
  | { readonly kind: 'proved' | 'missing' | 'wrong' | 'via_cname' }
  | { readonly kind: 'unknown'; readonly cause: string }

// A fact from a single server is believed only where no more than two are asked.
function provingServersMin(servers: number): number {
  return servers >= 3 ? 2 : 1
}

function viewOf({ chain, txt }: OwnershipLook, expected: OwnershipExpectation): View {
  if (txt.kind === 'failed') return { kind: 'unknown', cause: describeFailure(txt.failure) }
  if (txt.kind !== 'found') return { kind: 'missing' }
  if (chain.targets.some((target) => isAtOrUnder(target, expected.ownZone))) {
    return { kind: 'via_cname' }
  }
  if (!txt.values.includes(expected.token)) return { kind: 'wrong' }
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
