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
}

/** A link; its tags stand in `link_tags`. */
export type LinkRow = {
  readonly id: string
  readonly workspace_id: string
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
  readonly kind: 'hostname' | 'link'
  readonly hostname: string
  /** Of a hostname; null: nobody has it any more. */
  readonly status: DomainStatus | null
  /** Of a link. */
  readonly slug: string | null
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
