import type { EpochMs } from './time.ts'

/** Who gave a piece of evidence: the zone's own name server, a resolver, or a probed address. */
export const EVIDENCE_ROLES = ['authority', 'resolver', 'probe'] as const

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
  /** `ip:port` of the server, or the probed address. */
  readonly server: string
  /** The question: `TXT _fingerpost-verify.links.acme.com`, `GET http://links.acme.com/…`. */
  readonly question: string
  /** `NOERROR`, `NXDOMAIN`, …, `timeout`; of a probe the HTTP status or what went wrong. */
  readonly outcome: string
  /** The records of the answer in presentation form; what was found at the end. */
  readonly values: readonly string[]
  /** Smallest TTL of the answer in seconds; of a negative one how long it may be kept. */
  readonly ttlS: number | undefined
  readonly at: EpochMs
}
