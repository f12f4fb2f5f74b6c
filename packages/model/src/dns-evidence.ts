import type { EpochMs } from './time.ts'

/**
 * Who gave a piece of evidence.
 *
 * - `authority`: one of the zone's own name servers
 * - `resolver`: a resolver
 * - `probe`: an address that was asked for our proof by HTTP
 * - `handshake`: Caddy, in a TLS handshake of ours
 * - `acme`: the CA, as Caddy's log tells it
 */
export const EVIDENCE_ROLES = ['authority', 'resolver', 'probe', 'handshake', 'acme'] as const

/** One of `EVIDENCE_ROLES`. */
export type EvidenceRole = (typeof EVIDENCE_ROLES)[number]

/** Most pieces of evidence that are kept of one check. */
export const EVIDENCE_MAX = 64
/** Most values of one piece of evidence. */
export const EVIDENCE_VALUES_MAX = 16
/** Longest text of a piece of evidence in UTF-8 octets. */
export const EVIDENCE_OCTETS_MAX = 512

/** One raw answer, as it came in. */
export type Evidence = {
  readonly role: EvidenceRole
  /** `host:port` of the server, the probed address, or the CA's host; `caddy`: no CA was named. */
  readonly server: string
  /**
   * The question: `TXT _fingerpost-verify.links.acme.com`, `GET http://links.acme.com/…`,
   * `TLS links.acme.com`, `order links.acme.com`, `http-01 links.acme.com`.
   */
  readonly question: string
  /**
   * `NOERROR`, `NXDOMAIN`, …, `timeout`; of a probe the HTTP status or what went wrong; of a
   * handshake `certificate`; of a CA `issued`, the type of its problem, or `failed`.
   */
  readonly outcome: string
  /**
   * The records of the answer in presentation form; what was found at the end; what the
   * certificate says of itself; the CA's own words.
   */
  readonly values: readonly string[]
  /** Smallest TTL of the answer in seconds; of a negative one how long it may be kept. */
  readonly ttlS: number | undefined
  readonly at: EpochMs
}

/** Whether a DNS server gave a piece of evidence. */
export function isDnsAnswer({ role }: Pick<Evidence, 'role'>): boolean {
  return role === 'authority' || role === 'resolver'
}
