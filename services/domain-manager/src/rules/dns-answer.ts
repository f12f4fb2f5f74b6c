import type { EpochMs } from '@fingerpost/model/time'

/** Why a lookup says nothing about the records it was for. */
export const DNS_FAILURES = [
  'servfail',
  'refused',
  'timeout',
  'unreachable',
  'malformed',
  /** The answer stops at a CNAME whose target the server did not look up. */
  'incomplete',
  /** A server that was asked as the zone's own one answered without authority. */
  'lame',
] as const

/** One of `DNS_FAILURES`. */
export type DnsFailure = (typeof DNS_FAILURES)[number]

/** The record types that the checks ask for. */
export type DnsType = 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'CAA' | 'NS' | 'SOA'

/** One record of an answer. */
export type DnsRecord = {
  readonly owner: string
  readonly type: DnsType
  readonly ttlS: number
  /** As `DnsAnswer` has its values. */
  readonly value: string
}

/** What else a packet said. */
export type AnswerDetails = {
  /** `NOERROR`, `NXDOMAIN`, …; `RCODE17` for one without a name here. */
  readonly rcode: string
  /** Whether the server said that it speaks for the zone (AA). */
  readonly isAuthoritative: boolean
  /** The names that CNAME records inside the answer lead to, in order. */
  readonly chain: readonly string[]
  /** The answer section, without types that are never asked for. */
  readonly records: readonly DnsRecord[]
  /**
   * How long the answer may be kept: the smallest TTL of its records; of a
   * negative one what its SOA says. Undefined: nothing was said.
   *
   * @see RFC 2308 section 5
   */
  readonly ttlS: number | undefined
  /** The lowest name whose SOA came with a negative answer. */
  readonly soaOwner: string | undefined
  readonly at: EpochMs
}

/**
 * What one server answered to one question.
 *
 * `no_data` and `nxdomain` are statements about the name. `failed` is none: it
 * never counts as "there is no such record". `details` are there when a packet
 * was read.
 */
export type DnsAnswer = { readonly details?: AnswerDetails } & (
  | {
      readonly kind: 'found'
      /**
       * Addresses, lower case names without a trailing dot, TXT values with joined chunks, or
       * CAA and SOA in presentation form.
       */
      readonly values: readonly string[]
    }
  | { readonly kind: 'no_data' }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'failed'; readonly failure: DnsFailure }
)

/** Where following CNAME records from a name ended. */
export type ChainEnd =
  /** At a name without a CNAME; it may have other records. */
  | { readonly kind: 'name' }
  /** At the wanted CNAME target; what lies behind it is ours. */
  | { readonly kind: 'target' }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'loop' }
  | { readonly kind: 'too_long' }
  /** At a name that the server, asked as the zone's own, does not speak for. */
  | { readonly kind: 'leaves' }
  | { readonly kind: 'failed'; readonly failure: DnsFailure }

/** The CNAME records that one server gives from a name on. */
export type CnameChain = {
  /** The names that the CNAME records lead to, in order; empty without any CNAME. */
  readonly targets: readonly string[]
  readonly end: ChainEnd
}

/** Most CNAME records that are followed. Longer chains are "cannot tell". */
export const CNAMES_MAX = 10

/** Names a failure inside the sentence "<server> …". */
export function describeFailure(failure: DnsFailure): string {
  return FAILURE_WORDS[failure]
}

const FAILURE_WORDS: Readonly<Record<DnsFailure, string>> = {
  servfail: 'answered SERVFAIL',
  refused: 'answered REFUSED',
  timeout: 'did not answer in time',
  unreachable: 'could not be reached',
  malformed: 'gave an answer that cannot be used',
  incomplete: 'gave an answer that stops halfway',
  lame: 'answered without authority for the zone',
}
