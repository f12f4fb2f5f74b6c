import type { CertificateErrorCode, CertificateStatus } from '@fingerpost/model/certificate'
import type { DeviceClass, VisitorKind } from '@fingerpost/model/click'
import type { DomainStatus } from '@fingerpost/model/domain-status'

/**
 * The tables, as both engines have them. Instants are milliseconds since 1970
 * (`EpochMs`), truths are 0 or 1, `*_json` columns hold JSON text.
 */
export type Tables = {
  readonly workspaces: WorkspaceRow
  readonly tokens: TokenRow
  readonly domains: DomainRow
  readonly links: LinkRow
  readonly link_tags: LinkTagRow
  readonly change_head: ChangeHeadRow
  readonly changes: ChangeRow
  readonly domain_events: DomainEventRow
  readonly idempotency_keys: IdempotencyKeyRow
  readonly edges: EdgeRow
  readonly click_sources: ClickSourceRow
  readonly click_hours: ClickHourRow
  readonly click_counts: ClickCountRow
  readonly deleted_links: DeletedLinkRow
  readonly domain_groups: DomainGroupRow
  readonly domain_evidence: DomainEvidenceRow
  readonly certificates: CertificateRow
  readonly notices: NoticeRow
  readonly notice_receivers: NoticeReceiverRow
  readonly deliveries: DeliveryRow
}

/** A workspace; the counts are kept by the writers of domains and links. */
export type WorkspaceRow = {
  readonly id: string
  readonly name: string
  readonly plan: string
  readonly domain_count: number
  readonly link_count: number
  readonly token_count: number
  readonly created_at: number
}

/** A token; only the hash of its secret is kept. */
export type TokenRow = {
  readonly id: string
  readonly workspace_id: string
  readonly name: string
  /** SHA-256 of the secret part, hexadecimal. */
  readonly secret_hash: string
  readonly scopes_json: string
  readonly created_at: number
}

/** A domain, or its tombstone when `deleted_at` is set. */
export type DomainRow = {
  readonly id: string
  readonly workspace_id: string
  readonly hostname: string
  readonly tier: string
  readonly status: DomainStatus
  readonly status_since: number
  /** 1 while the status holds the hostname against other workspaces. */
  readonly is_holder: number
  readonly reason: string
  readonly reason_message: string
  readonly verification_token: string
  readonly cname_label: string
  readonly root_url: string | null
  readonly not_found_url: string | null
  /** 1: `DNT: 1` and `Sec-GPC: 1` keep a click's dimensions from being counted. */
  readonly honours_privacy_signals: number
  readonly observations_json: string
  readonly grace_ends_at: number | null
  readonly loss_seen_at: number | null
  readonly next_check_at: number | null
  readonly fast_until: number
  readonly quiet_checks: number
  readonly lease: string | null
  readonly lease_worker: string | null
  readonly lease_until: number | null
  /** 1 when a check was asked for after the last lease began. */
  readonly check_requested: number
  /** How many of the versions since the last lease began are changes of settings. */
  readonly settings_changes: number
  readonly version: number
  readonly created_at: number
  readonly deleted_at: number | null
  /** 1 from the deletion until the domain's links are deleted too. */
  readonly has_deleted_links: number
  /** When a proof of this claim, and the absence of the holder's, was first seen. */
  readonly takeover_seen_at: number | null
  /** Since when the TXT record of a domain that was proved is known to be missing. */
  readonly ownership_missing_since: number | null
  readonly group_id: string | null
  /** The `domain_id` of the links that are the domain's own; null: its id. */
  readonly links_home: string | null
  /** Grows when the hostname begins to show other links than it showed. */
  readonly links_version: number
}

/** A link; its tags stand in `link_tags`. */
export type LinkRow = {
  readonly id: string
  readonly workspace_id: string
  /** The `links_home` of the domain whose link it is. */
  readonly domain_id: string
  readonly slug: string
  readonly destination: string
  readonly redirect_status: number
  readonly expires_at: number | null
  readonly is_disabled: number
  readonly title: string | null
  readonly version: number
  readonly created_at: number
  readonly updated_at: number
}

/** One tag of one link. */
export type LinkTagRow = {
  readonly workspace_id: string
  readonly link_id: string
  readonly tag: string
}

/** The one row that orders all changes: its increment is a part of every change's transaction. */
export type ChangeHeadRow = {
  readonly id: number
  readonly sequence: number
  /** Names the history that the sequence belongs to; another one after a restore. */
  readonly lineage: string
}

/** A change that edges and domain-managers hear of. */
export type ChangeRow = {
  readonly sequence: number
  readonly kind: 'hostname' | 'link' | 'certificate'
  readonly hostname: string
  /** Of a hostname; null: nobody has it any more. */
  readonly status: DomainStatus | null
  /** Of a link. */
  readonly slug: string | null
  /** Of a hostname or a certificate; null: nothing was ever known of one. */
  readonly certificate: CertificateStatus | null
  readonly may_hold_until: number | null
  readonly created_at: number
}

/** An entry of a domain's evidence timeline. */
export type DomainEventRow = {
  readonly id: string
  readonly workspace_id: string
  readonly domain_id: string
  readonly kind: string
  readonly status_from: DomainStatus | null
  readonly status_to: DomainStatus
  readonly reason: string
  readonly message: string
  readonly observations_json: string
  /** The raw answers of that moment. */
  readonly evidence_json: string | null
  readonly created_at: number
}

/** What a create answered to a key, so that the same request gets the same answer. */
export type IdempotencyKeyRow = {
  /** The workspace, or `operator` for what stands above workspaces. */
  readonly owner: string
  readonly key: string
  /** SHA-256 of method, path and body. */
  readonly request_hash: string
  /** Null: the answer held a secret and was not kept. */
  readonly response_json: string | null
  readonly created_at: number
}

/** Who sends counted clicks, and how far its batches are applied. */
export type ClickSourceRow = {
  readonly source: string
  readonly last_number: number
  readonly updated_at: number
}

/** The clicks of a link in an hour, by the kind of visit. */
export type ClickHourRow = {
  readonly workspace_id: string
  readonly link_id: string
  /** The beginning of the hour. */
  readonly hour: number
  /** How many rows of `click_counts` the hour has. */
  readonly combinations: number
} & { readonly [Visitor in VisitorKind]: number }

/** The clicks of a link in an hour that have everything in common that is counted. */
export type ClickCountRow = {
  readonly workspace_id: string
  readonly link_id: string
  readonly hour: number
  readonly visitor: VisitorKind
  readonly device: DeviceClass
  /** Empty: none was told; `FOLDED`: one of too many. */
  readonly referrer: string
  /** Empty: not known; `FOLDED`: one of too many. */
  readonly country: string
  readonly count: number
}

/** A link that is gone, until its clicks are gone, too. */
export type DeletedLinkRow = {
  readonly deleted_at: number
  readonly link_id: string
}

/** An edge, as the process that serves its change stream tells the others of it. */
export type EdgeRow = {
  readonly id: string
  /** Names the process, anew at each start. */
  readonly process: string
  /** The history that `acknowledged` belongs to. */
  readonly lineage: string
  readonly acknowledged: number
  readonly is_connected: number
  /** Since when it is connected, or not. */
  readonly since_at: number
  /** When the process last confirmed this row. */
  readonly seen_at: number
}

/** Some domains of a workspace that share the links of one of them, the primary. */
export type DomainGroupRow = {
  readonly id: string
  readonly workspace_id: string
  readonly name: string
  readonly primary_domain_id: string
  /** What the others do: serve the primary's links, or redirect to it. */
  readonly alternates: 'serve' | 'redirect'
  readonly version: number
  readonly created_at: number
}

/** The raw answers of a domain's last check. */
export type DomainEvidenceRow = {
  readonly domain_id: string
  readonly evidence_json: string
}

/** What is known of a hostname's certificate, whoever has the hostname. */
export type CertificateRow = {
  readonly hostname: string
  readonly status: CertificateStatus
  readonly issuer: string | null
  readonly key_type: string | null
  readonly not_before: number | null
  readonly not_after: number | null
  readonly error_code: CertificateErrorCode | null
  readonly error_message: string | null
  readonly next_attempt_at: number | null
  /** Until when there may be one that has not expired; null: there is none. */
  readonly may_hold_until: number | null
  readonly checked_at: number | null
}

/** Something that a workspace is told. */
export type NoticeRow = {
  readonly id: string
  readonly workspace_id: string
  readonly domain_id: string | null
  readonly event: string
  /** Names what it is about, so that no fact is told twice. */
  readonly fact: string
  readonly payload_json: string
  readonly created_at: number
}

/** A webhook endpoint or a mail address that gets a workspace's notices. */
export type NoticeReceiverRow = {
  readonly id: string
  readonly workspace_id: string
  /** `deleted`: its deliveries go bit by bit, then it. */
  readonly kind: 'webhook' | 'mail' | 'deleted'
  /** The endpoint's URL, or the mail address. */
  readonly address: string
  /** Signs what a webhook is sent; null for mail. */
  readonly secret: string | null
  /** What it gets; an empty list: everything. */
  readonly events_json: string
  readonly is_enabled: number
  readonly disabled_reason: string | null
  readonly created_at: number
}

/** One notice on its way to one receiver. */
export type DeliveryRow = {
  readonly id: string
  readonly workspace_id: string
  readonly notice_id: string
  readonly receiver_id: string
  readonly status: 'waiting' | 'delivered' | 'given_up'
  readonly attempts: number
  /** While it is leased: when the lease runs out. Null: there is no further attempt. */
  readonly next_attempt_at: number | null
  readonly http_status: number | null
  readonly error: string | null
  readonly lease: string | null
  /** When the notice was made, or asked to be delivered again. */
  readonly created_at: number
  readonly ended_at: number | null
}
