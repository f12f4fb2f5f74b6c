import type {
  CertificateFacts,
  CertificateNews,
  CertificateStatus,
} from '@fingerpost/model/certificate'
import type { ClickCount } from '@fingerpost/model/click'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { DomainObservations, DomainReasonMessage } from '@fingerpost/model/domain-check'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import type { NoticeEvent, Reminder } from '@fingerpost/model/notice'
import type { Slug } from '@fingerpost/model/slug'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** Where a change stands in the one order of all changes; 0 is before the first. */
export type Sequence = number

/**
 * Names one history of changes. Restoring an older database begins another one:
 * the same sequence then stands for something else.
 */
export type Lineage = string

/** What a lookup needs to know: which slug on which hostname. */
export type LinkTarget = { readonly hostname: Hostname; readonly slug: Slug }

/**
 * What core knows of a target. Without a domain nobody has proved the hostname. There is no link
 * when the domain redirects to the primary of its group.
 */
export type LinkLookup = {
  /** The last change that this answer has seen. */
  readonly sequence: Sequence
  /** The history that `sequence` belongs to. */
  readonly lineage: Lineage
  readonly domain: ServedDomain | undefined
  readonly link: ServedLink | undefined
}

/** What is known of the certificate of a hostname, whoever has it. */
export type CertificateState = {
  readonly certificate: CertificateStatus
  /** Until when there may be one that has not expired, seen or not; undefined: there is none. */
  readonly mayHoldUntil: EpochMs | undefined
}

/** A hostname with the status that counts for it; undefined: nobody has it. */
export type HostnameState = CertificateState & {
  readonly hostname: Hostname
  readonly status: DomainStatus | undefined
}

/**
 * One message of the change stream, in the order of `sequence`.
 *
 * What happens to a domain that does not hold its hostname is told only when the
 * status that counts for the hostname changes; what happens to its links is not told
 * at all. A domain that lost its hostname and gets it back is therefore looked up
 * with another `id`: links that were kept with the former one do not count any more.
 * Every change of holder is told as `hostname_changed`, whatever the two statuses are.
 */
export type Change =
  /** The status that counts changed, or the settings of the domain that holds the hostname. */
  | (HostnameState & {
      readonly kind: 'hostname_changed'
      readonly sequence: Sequence
      /** By core's clock. */
      readonly committedAt: EpochMs
    })
  /** What is known of the hostname's certificate changed, and nothing else. */
  | (CertificateState & {
      readonly kind: 'certificate_changed'
      readonly sequence: Sequence
      readonly committedAt: EpochMs
      readonly hostname: Hostname
    })
  /** A link of the domain that holds the hostname was made, changed or deleted. */
  | {
      readonly kind: 'link_changed'
      readonly sequence: Sequence
      readonly committedAt: EpochMs
      readonly hostname: Hostname
      readonly slug: Slug
    }
  /**
   * Older changes are not all kept, or the sequence asked for was never reached or is of another
   * history: drop or read again everything known.
   */
  | { readonly kind: 'reset'; readonly sequence: Sequence; readonly lineage: Lineage }
  /** Nothing newer is committed; sent after catching up, then at least every 5 s. */
  | { readonly kind: 'heartbeat'; readonly sequence: Sequence; readonly lineage: Lineage }

/** Where a change stream is to begin, and for whom. */
export type WatchFrom = {
  /** The last change applied; 0: none. */
  readonly afterSequence: Sequence
  /** The history that it belongs to, as last told; unset: not known yet. */
  readonly lineage?: Lineage
  /** Names an edge that acknowledges what it applies: 1 to `EDGE_ID_OCTETS_MAX` octets. */
  readonly edgeId?: string
  /** Whether a reset goes on before the oldest change kept, instead of after the newest. */
  readonly fromOldest?: boolean
}

/** Longest name of an edge in UTF-8 octets. */
export const EDGE_ID_OCTETS_MAX = 64

/**
 * Acknowledges every change there will ever be. An edge that serves nothing any
 * more says so, and no write waits for it; it does not use its name again.
 */
export const EDGE_FAREWELL: Sequence = Number.MAX_SAFE_INTEGER

/** How far an edge has applied the changes of its stream. */
export type Acknowledgement = { readonly edgeId: string; readonly sequence: Sequence }

/** Counted clicks, with what lets core apply them exactly once. */
export type ClickBatch = {
  /** Who numbers the batches: 1 to `CLICK_SOURCE_OCTETS_MAX` octets, never used by anybody else. */
  readonly source: string
  /**
   * Grows from batch to batch of one source; sent in this order, each until it is answered. A
   * batch that is not above the last one applied was applied before.
   */
  readonly number: number
  /** 1 to `CLICKS_PER_BATCH_MAX`. */
  readonly clicks: readonly ClickCount[]
}

/** Longest name of a source of clicks in UTF-8 octets. */
export const CLICK_SOURCE_OCTETS_MAX = 64
/** Most counts in one batch. */
export const CLICKS_PER_BATCH_MAX = 2_000

/** Most hostnames on one page. */
export const HOSTNAMES_PAGE_MAX = 1_000

/**
 * A part of the list of all hostnames: with every change up to `sequence`, and perhaps with
 * later ones, which the change stream after `sequence` tells again.
 */
export type HostnamesPage = {
  readonly sequence: Sequence
  /** At most `HOSTNAMES_PAGE_MAX`. */
  readonly hostnames: readonly HostnameState[]
  readonly isLast: boolean
}

/** A worker's request for domains to check. */
export type ClaimRequest = {
  /** 1 to `WORKER_ID_OCTETS_MAX` octets. */
  readonly workerId: string
  /** 1 to `CLAIM_LIMIT_MAX`. */
  readonly limit: number
  /** `LEASE_MS_MIN` to `LEASE_MS_MAX`. */
  readonly leaseMs: DurationMs
}

/** Longest name of a worker in UTF-8 octets. */
export const WORKER_ID_OCTETS_MAX = 64
/** Most domains in one claim. */
export const CLAIM_LIMIT_MAX = 100
/** Shortest lease. */
export const LEASE_MS_MIN: DurationMs = 1_000
/** Longest lease. */
export const LEASE_MS_MAX: DurationMs = 600_000

/** A domain whose check is due, with all that the check has to know. */
export type DueDomain = {
  readonly id: string
  readonly workspaceId: string
  readonly hostname: Hostname
  readonly status: DomainStatus
  readonly statusSince: EpochMs
  readonly version: number
  /** The name that the customer's CNAME leads to. */
  readonly cnameTarget: string
  /** The value expected in the TXT record. */
  readonly verificationToken: string
  /** Until when the domain is checked every few seconds. */
  readonly fastUntil: EpochMs
  /** Checks since it was added, asked for, or changed its status. */
  readonly quietChecks: number
  /** When the present loss of routing was first seen. */
  readonly lossSeenAt: EpochMs | undefined
  readonly graceEndsAt: EpochMs | undefined
  readonly observations: DomainObservations
  readonly certificate: CertificateFacts
  /** The domain of another workspace that holds the hostname; undefined: none does. */
  readonly holder: Rival | undefined
  /** When this domain's proof, and the absence of the holder's, was first seen. */
  readonly takeoverSeenAt: EpochMs | undefined
  /** A deleted domain whose DNS may still lead here: only its routing is looked at. */
  readonly isTombstone: boolean
  readonly lease: string
  readonly dueAt: EpochMs
}

/** The domain of another workspace that holds a hostname. */
export type Rival = {
  readonly domainId: string
  /** The value of its TXT record. */
  readonly verificationToken: string
}

/** A change of status, with its reason for machines and its sentence for people. */
export type Transition = DomainReasonMessage & {
  readonly to: DomainStatus
  /**
   * The domain of another workspace that loses the hostname by it. Unset: none;
   * the transition is refused while another one holds the hostname.
   */
  readonly takesOverFrom?: string
}

/** What a check found and decided. */
export type CheckRecord = {
  readonly domainId: string
  readonly lease: string
  readonly expectedVersion: number
  readonly transition: Transition | undefined
  readonly observations: DomainObservations
  readonly reason: DomainReasonMessage
  readonly lossSeenAt: EpochMs | undefined
  readonly graceEndsAt: EpochMs | undefined
  /** Undefined: a takeover is not in sight. */
  readonly takeoverSeenAt: EpochMs | undefined
  /** The raw answers, at most `EVIDENCE_MAX`. */
  readonly evidence: readonly Evidence[]
  /** What the workspace is to be reminded of; each fact is told once, however often it is sent. */
  readonly reminders: readonly Reminder[]
  /** By the worker's clock, as every instant here. */
  readonly checkedAt: EpochMs
  /** Core counts the pause since `checkedAt` by its own clock. Undefined: not checked again. */
  readonly nextCheckAt: EpochMs | undefined
}

/**
 * What became of a check.
 *
 * - `applied`: everything is stored
 * - `hostname_in_use`: stored but for the transition; another workspace holds the hostname
 * - `superseded`: nothing is stored; the domain changed meanwhile, was deleted, or the lease ran
 *   out; it is due again at once, if it still exists
 */
export const CHECK_OUTCOMES = ['applied', 'hostname_in_use', 'superseded'] as const

/** One of `CHECK_OUTCOMES`. */
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number]

/** What was learned of a hostname's certificate. */
export type CertificateRecord = {
  readonly hostname: Hostname
  readonly seenAt: EpochMs
  readonly news: CertificateNews
  /** The raw answers that say so, at most `EVIDENCE_MAX`; none of what is our own decision. */
  readonly evidence: readonly Evidence[]
}

/** A notice to be delivered to one receiver. */
export type Delivery = {
  readonly id: string
  readonly lease: string
  /** The same for every delivery of one notice. */
  readonly noticeId: string
  readonly event: NoticeEvent
  /** JSON, exactly as it is signed and sent. */
  readonly payload: string
  /** When the notice was made, or asked to be delivered again. */
  readonly createdAt: EpochMs
  /** Attempts before this one. */
  readonly attempts: number
  readonly to: DeliveryReceiver
}

/** Who gets a notice. */
export type DeliveryReceiver =
  /** The secret is `whsec_` and base64. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
  | { readonly kind: 'mail'; readonly address: string }

/** Longest text of what went wrong with a delivery, in UTF-16 code units. */
export const DELIVERY_ERROR_LENGTH_MAX = 500

/** How an attempt to deliver went. */
export type DeliveryRecord = {
  readonly deliveryId: string
  readonly lease: string
  readonly isDelivered: boolean
  /** What went wrong, for people; empty: nothing. */
  readonly error: string
  /** Of a webhook's answer; undefined: there was none. */
  readonly httpStatus: number | undefined
  /** Undefined: there is no further attempt. */
  readonly nextAttemptAt: EpochMs | undefined
  /** Whether the endpoint is to get nothing more before its owner enables it. */
  readonly disablesEndpoint: boolean
}

/**
 * What api-core offers the other services.
 *
 * Every call fails with `AppError` `core_unavailable` when core cannot be
 * reached, `core_overdue` when it did not answer in time, and `token_invalid`
 * when the installation's secret is not the same on both sides.
 */
export interface CoreApi {
  /** Finds the domain that holds a hostname and its link for a slug. */
  lookupLink(target: LinkTarget): Promise<LinkLookup>
  /** Follows all changes until `signal` aborts or the connection breaks. */
  watchChanges(from: WatchFrom, signal: AbortSignal): AsyncIterable<Change>
  /** Says how far an edge has applied the changes; it serves nothing older from then on. */
  acknowledgeChanges(acknowledgement: Acknowledgement): Promise<void>
  /** Adds counted clicks, exactly once however often a batch is sent. */
  recordClicks(batch: ClickBatch): Promise<void>
  /** Reads every hostname that anybody has, with every change up to one sequence at least. */
  listHostnames(signal: AbortSignal): AsyncIterable<HostnamesPage>
  /** Leases domains whose check is due, most overdue first. */
  claimDueDomains(request: ClaimRequest): Promise<readonly DueDomain[]>
  /** Stores what a check found and applies its transition by compare-and-set. */
  recordCheck(check: CheckRecord): Promise<CheckOutcome>
  /** Stores what was learned of a certificate; a hostname that nobody has is no error. */
  recordCertificate(record: CertificateRecord): Promise<void>
  /** Leases notices that are due to be delivered, most overdue first. */
  claimDeliveries(request: ClaimRequest): Promise<readonly Delivery[]>
  /** Stores how an attempt to deliver went, if the lease still holds. */
  recordDelivery(record: DeliveryRecord): Promise<void>
  /** Gives the report about a hostname as JSON; undefined: nobody has it. */
  describeHostname(hostname: Hostname): Promise<string | undefined>
}
