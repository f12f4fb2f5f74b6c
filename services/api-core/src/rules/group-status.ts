import type { CertificateFacts } from '@fingerpost/model/certificate'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import { quoted } from '@fingerpost/model/quote'
import type { EpochMs } from '@fingerpost/model/time'

/**
 * How far a hostname of a group is.
 *
 * - `queued`: its DNS records have not been looked up yet
 * - `waiting_for_dns`: its records do not lead here yet, or do not prove it
 * - `waiting_for_certificates`: there is no valid certificate yet
 * - `live`: visitors are answered
 * - `failing`: it was live and is not any more, or the CA refuses a certificate
 */
export const MEMBER_STATUSES = [
  'queued',
  'waiting_for_dns',
  'waiting_for_certificates',
  'live',
  'failing',
] as const

/** One of `MEMBER_STATUSES`. */
export type MemberStatus = (typeof MEMBER_STATUSES)[number]

/**
 * How far a group is: `live` when all of its hostnames are, `partly_live` when
 * some are, else what holds up the hostname that needs attention most.
 */
export const GROUP_STATUSES = [
  'queued',
  'waiting_for_dns',
  'waiting_for_certificates',
  'live',
  'partly_live',
  'failing',
] as const

/** One of `GROUP_STATUSES`. */
export type GroupStatus = (typeof GROUP_STATUSES)[number]

/** What the status of a hostname of a group depends on. */
export type MemberFacts = {
  readonly status: DomainStatus
  /** Whether its DNS records were ever looked up. */
  readonly isLookedAt: boolean
  /** False for a name that never gets one, as those under `localhost`. */
  readonly needsCertificate: boolean
  readonly certificate: Pick<CertificateFacts, 'status' | 'seen'>
}

/** Decides how far a hostname of a group is. */
export function memberStatus(facts: MemberFacts, now: EpochMs): MemberStatus {
  switch (facts.status) {
    case 'pending_verification':
      return facts.isLookedAt ? 'waiting_for_dns' : 'queued'
    case 'verified':
      return 'waiting_for_dns'
    case 'active':
      return certifiedStatus(facts, now)
    case 'degraded':
    case 'suspended':
      return 'failing'
    default:
      return facts.status satisfies never
  }
}

function certifiedStatus(facts: MemberFacts, now: EpochMs): MemberStatus {
  const { status, seen } = facts.certificate
  // Why not by the status: while a renewal fails, the older certificate still serves.
  const isValid = seen === undefined ? status === 'issued' : now < seen.notAfter
  if (!facts.needsCertificate || isValid) return 'live'
  return status === 'failing' ? 'failing' : 'waiting_for_certificates'
}

/**
 * Decides how far a group is, with a sentence that names the hostnames that
 * are not live.
 */
export function groupStatus(
  members: readonly { readonly hostname: Hostname; readonly status: MemberStatus }[],
): { readonly status: GroupStatus; readonly message: string } {
  const liveCount = members.filter((member) => member.status === 'live').length
  if (liveCount > 0 && liveCount === members.length) {
    return { status: 'live', message: 'Every hostname of the group is live.' }
  }
  const isThere = (wanted: MemberStatus) => members.some(({ status }) => status === wanted)
  const status = liveCount > 0 ? 'partly_live' : (URGENCY.find(isThere) ?? 'queued')
  const lists = URGENCY.filter(isThere).map((wanted) => {
    const names = members.filter((member) => member.status === wanted)
    return `${LIST_WORDS[wanted]}: ${names.map(({ hostname }) => quoted(hostname)).join(', ')}.`
  })
  return { status, message: [STATUS_WORDS[status], ...lists].join(' ') }
}

type NotLive = Exclude<MemberStatus, 'live'>

/** What is not live, the most urgent for its owner first. */
const URGENCY: readonly NotLive[] = [
  'failing',
  'waiting_for_dns',
  'queued',
  'waiting_for_certificates',
]

const LIST_WORDS: Readonly<Record<NotLive, string>> = {
  failing: 'Failing',
  waiting_for_dns: 'Waiting for DNS',
  queued: 'Not looked up yet',
  waiting_for_certificates: 'Waiting for a certificate',
}

const STATUS_WORDS: Readonly<Record<NotLive | 'partly_live', string>> = {
  failing: 'No hostname is live; the domains say what to do.',
  waiting_for_dns: 'No hostname is live yet; the domains say which records are missing.',
  queued: 'No hostname is live yet; the DNS records are looked up within seconds.',
  waiting_for_certificates: 'No hostname is live yet; certificates are being obtained.',
  partly_live: 'Some hostnames are live, others are not.',
}
