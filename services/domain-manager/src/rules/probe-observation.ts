import type { ProbeObservation, ProbeState } from '@fingerpost/model/domain-check'
import { quoted } from '@fingerpost/model/quote'
import type { EpochMs } from '@fingerpost/model/time'

/** Why an address gave no answer. */
export type ProbeFailure = 'refused' | 'timeout' | 'broken' | 'tls' | 'malformed'

/** What became of the probe at one published address. */
export type ProbeOutcome =
  /** Our own edge answered. */
  | { readonly kind: 'proved' }
  /** What answered has the form of our proof, but was made by another installation. */
  | { readonly kind: 'other_proof' }
  /** Something else answered. */
  | { readonly kind: 'answered'; readonly status: number; readonly url: string }
  | { readonly kind: 'redirect_loop'; readonly url: string }
  | { readonly kind: 'too_many_redirects'; readonly url: string }
  /** A redirect that a CA does not follow, or that we do not. */
  | { readonly kind: 'bad_redirect'; readonly url: string; readonly why: BadRedirect }
  | { readonly kind: 'failed'; readonly failure: ProbeFailure; readonly url: string }
  /** It is not an address of the public internet, so that it was not connected to. */
  | { readonly kind: 'not_public' }
  /** This machine has no way there, or had no time: it says nothing of the address. */
  | { readonly kind: 'no_route' }
  /** It redirects to a host of which it cannot be told from here what is there. */
  | { readonly kind: 'redirect_untold'; readonly url: string; readonly why: UntoldRedirect }
  | { readonly kind: 'not_tried' }

/** What is wrong with the target of a redirect. */
export type BadRedirect = 'not_http' | 'port' | 'not_public' | 'no_address'

/** Why it cannot be told what is at the target of a redirect. */
export type UntoldRedirect = 'no_route' | 'lookup_failed'

/** The probe at one published address. */
export type AddressProbe = { readonly address: string; readonly outcome: ProbeOutcome }

/**
 * Makes one observation of the probes at all published addresses of a hostname.
 *
 * A failure of our own network says nothing: an address without a way to it
 * counts as unreachable only when another one of its family could be connected to;
 * else the addresses of the other family speak for the hostname.
 */
export function observeProbe(
  hostname: string,
  probes: readonly AddressProbe[],
  now: EpochMs,
): ProbeObservation {
  const seen = (state: ProbeState, message: string): ProbeObservation => ({
    state,
    message,
    checkedAt: now,
  })
  if (probes.length === 0) {
    return seen('unknown', `"${hostname}" could not be tried by HTTP: it has no address.`)
  }
  const views = probes.map((probe) => ({ ...probe, verdict: verdictOf(probe, probes) }))
  const proved = views.filter(({ verdict }) => verdict === 'proved')
  const wrong = views.filter(({ verdict }) => verdict === 'elsewhere' || verdict === 'unreachable')
  const untold = views.filter(({ verdict }) => verdict === 'unknown')
  const told = [...wrong, ...untold, ...proved].slice(0, TOLD_MAX).map(sentenceOf).join(' ')

  if (proved.length > 0 && wrong.length > 0) {
    const advice = adviceOf(wrong, proved)
    return seen('partly', `Only some addresses of "${hostname}" lead here. ${told}${advice}`)
  }
  // Why not `no_route`: a machine without IPv6 would else never see what is proved by IPv4.
  const isTried = untold.every(({ outcome }) => outcome.kind === 'no_route')
  if (wrong.length === 0 && (proved.length === 0 || !isTried)) {
    return seen('unknown', `Not every address of "${hostname}" could be tried. ${told}`)
  }
  if (wrong.length === 0) {
    const which = proved.map(({ address }) => address).slice(0, TOLD_MAX)
    const rest = untold.slice(0, TOLD_MAX).map((probe) => ` ${sentenceOf(probe)}`)
    const more = proved.length > TOLD_MAX ? ` and ${proved.length - TOLD_MAX} more` : ''
    const message = `"${hostname}" leads here by HTTP at ${which.join(', ')}${more}.`
    return seen('reached', `${message}${rest.join('')}`)
  }
  const state = wrong.some(({ verdict }) => verdict === 'elsewhere') ? 'elsewhere' : 'unreachable'
  return seen(state, `No address of "${hostname}" leads here by HTTP. ${told}`)
}

// Why: a sentence with sixteen addresses is not read; the evidence has them all.
const TOLD_MAX = 3

type Verdict = 'proved' | 'elsewhere' | 'unreachable' | 'unknown'

function verdictOf({ address, outcome }: AddressProbe, all: readonly AddressProbe[]): Verdict {
  switch (outcome.kind) {
    case 'proved':
      return 'proved'
    case 'failed':
      return 'unreachable'
    case 'not_tried':
    case 'redirect_untold':
      return 'unknown'
    case 'no_route': {
      const works = all.some((other) => isSameFamily(address, other.address) && isContact(other))
      return works ? 'unreachable' : 'unknown'
    }
    case 'other_proof':
    case 'answered':
    case 'redirect_loop':
    case 'too_many_redirects':
    case 'bad_redirect':
    case 'not_public':
      return 'elsewhere'
    default:
      return outcome satisfies never
  }
}

/** Tells whether something came back from the address, so that there is a way to its family. */
function isContact({ outcome }: AddressProbe): boolean {
  const { kind } = outcome
  if (kind === 'failed') return outcome.failure !== 'timeout'
  return kind !== 'not_public' && kind !== 'no_route' && kind !== 'not_tried'
}

function isIpv6(address: string): boolean {
  return address.includes(':')
}

function isSameFamily(one: string, other: string): boolean {
  return isIpv6(one) === isIpv6(other)
}

function sentenceOf({ address, outcome }: AddressProbe): string {
  return `${isIpv6(address) ? 'AAAA' : 'A'} ${address} ${wordsOf(outcome)}.`
}

function wordsOf(outcome: ProbeOutcome): string {
  switch (outcome.kind) {
    case 'proved':
      return 'leads here'
    case 'other_proof':
      return 'leads to another installation of this software'
    case 'answered':
      return `answers HTTP ${outcome.status} at ${quoted(outcome.url)}, not as this server`
    case 'redirect_loop':
      return `redirects in a circle (${quoted(outcome.url)}), which a CA does not follow to its end`
    case 'too_many_redirects':
      return `redirects more often than a CA follows, last to ${quoted(outcome.url)}`
    case 'bad_redirect':
      return `redirects to ${quoted(outcome.url)}, ${BAD_REDIRECT_WORDS[outcome.why]}`
    case 'failed':
      return `${FAILURE_WORDS[outcome.failure]} at ${quoted(outcome.url)}`
    case 'not_public':
      return 'is no address of the public internet, so that no CA can reach it'
    case 'no_route':
      return 'cannot be reached from the network of this server'
    case 'redirect_untold':
      return `redirects to ${quoted(outcome.url)}, ${UNTOLD_REDIRECT_WORDS[outcome.why]}`
    case 'not_tried':
      return 'could not be tried in time'
    default:
      return outcome satisfies never
  }
}

const BAD_REDIRECT_WORDS: Readonly<Record<BadRedirect, string>> = {
  not_http: 'which is no http or https URL',
  port: 'whose port is neither 80 nor 443',
  not_public: 'which is not on the public internet',
  no_address: 'whose host has no address that can be found',
}

const UNTOLD_REDIRECT_WORDS: Readonly<Record<UntoldRedirect, string>> = {
  no_route: 'to which there is no way from the network of this server',
  lookup_failed: 'whose host could not be looked up',
}

const FAILURE_WORDS: Readonly<Record<ProbeFailure, string>> = {
  refused: 'refuses the connection',
  timeout: 'does not answer in time',
  broken: 'ends the connection without an answer',
  tls: 'does not complete a TLS handshake',
  malformed: 'gives an answer that is not HTTP',
}

/** Says what follows of some addresses being wrong while others are right. */
function adviceOf(wrong: readonly AddressProbe[], proved: readonly AddressProbe[]): string {
  const isOnlyIpv6Wrong = wrong.every(({ address }) => isIpv6(address))
  if (isOnlyIpv6Wrong && proved.some(({ address }) => !isIpv6(address))) {
    return ' A CA prefers IPv6, so that no certificate can be issued: remove the wrong AAAA record.'
  }
  return ' Remove the records that do not lead here: visitors and the CA may take any of them.'
}
