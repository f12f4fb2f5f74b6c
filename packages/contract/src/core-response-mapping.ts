import { AppError } from '@fingerpost/model/errors'
import { isRedirectStatus, type ServedDomain, type ServedLink } from '@fingerpost/model/link'
import { certificateFromWire, certificateToWire } from './certificate-mapping.ts'
import {
  CHECK_OUTCOMES,
  type CertificateState,
  type Change,
  type CheckOutcome,
  type DueDomain,
  type HostnamesPage,
  type HostnameState,
  type LinkLookup,
  type LinkTarget,
} from './core-api.ts'
import type {
  Change as ChangeToWire,
  Change__Output,
} from './generated/fingerpost/core/v1/Change.ts'
import type {
  ClaimDueDomainsResponse,
  ClaimDueDomainsResponse__Output,
} from './generated/fingerpost/core/v1/ClaimDueDomainsResponse.ts'
import type { Domain, Domain__Output } from './generated/fingerpost/core/v1/Domain.ts'
import type {
  DueDomain as DueDomainToWire,
  DueDomain__Output,
} from './generated/fingerpost/core/v1/DueDomain.ts'
import type {
  HostnamesPage as PageToWire,
  HostnamesPage__Output,
} from './generated/fingerpost/core/v1/HostnamesPage.ts'
import type {
  HostnameState as StateToWire,
  HostnameState__Output,
} from './generated/fingerpost/core/v1/HostnameState.ts'
import type { Link, Link__Output } from './generated/fingerpost/core/v1/Link.ts'
import type {
  LookupLinkResponse,
  LookupLinkResponse__Output,
} from './generated/fingerpost/core/v1/LookupLinkResponse.ts'
import type {
  RecordCheckResponse,
  RecordCheckResponse__Output,
} from './generated/fingerpost/core/v1/RecordCheckResponse.ts'
import { observationsFromWire, observationsToWire } from './observation-mapping.ts'
import {
  certificateStatusFromWire,
  certificateStatusToWire,
  destinationFromWire,
  hostnameFromWire,
  integerFromWire,
  slugFromWire,
  statusFromWire,
  statusToWire,
} from './wire-values.ts'

/** Gives the message of what core knows of a target. */
export function lookupToWire(lookup: LinkLookup): LookupLinkResponse {
  const { sequence, lineage, domain, link } = lookup
  return {
    sequence,
    lineage,
    domain: domain === undefined ? null : domainToWire(domain),
    link: link === undefined ? null : linkToWire(link),
  }
}

/**
 * Reads what core knows of a target. Every value is parsed again, and an answer
 * about another hostname or slug than the one asked for is refused: nothing
 * that came over a wire is redirected to on trust.
 *
 * @throws AppError `internal_error`
 */
export function lookupFromWire(
  message: LookupLinkResponse__Output,
  target: LinkTarget,
): LinkLookup {
  const domain = message.domain === null ? undefined : domainFromWire(message.domain)
  const link = message.link === null ? undefined : linkFromWire(message.link)
  if (domain !== undefined && domain.hostname !== target.hostname) refuse('domain.hostname')
  if (link !== undefined && (domain === undefined || link.slug !== target.slug)) refuse('link')
  const { lineage } = message
  return {
    sequence: integerFromWire(message.sequence) ?? refuse('sequence'),
    lineage,
    domain,
    link,
  }
}

/** Gives the message of a change. */
export function changeToWire(change: Change): ChangeToWire {
  const { kind, sequence } = change
  switch (kind) {
    case 'hostname_changed':
      return {
        sequence,
        committedAtMs: change.committedAt,
        hostnameChanged: { hostname: hostnameStateToWire(change) },
      }
    case 'link_changed':
      return {
        sequence,
        committedAtMs: change.committedAt,
        linkChanged: { hostname: change.hostname, slug: change.slug },
      }
    case 'certificate_changed':
      return {
        sequence,
        committedAtMs: change.committedAt,
        certificateChanged: {
          hostname: { hostname: change.hostname, ...certificateState(change) },
        },
      }
    case 'reset':
      return { sequence, reset: { lineage: change.lineage } }
    case 'heartbeat':
      return { sequence, heartbeat: { lineage: change.lineage } }
    default:
      return kind satisfies never
  }
}

/**
 * Reads a change.
 *
 * A kind that this version does not know, and a change whose content it cannot
 * read, is a `reset`: something changed, so everything known may be wrong.
 * Refusing it would stop the stream at the same place after every reconnect. Of
 * which history it is the next heartbeat tells; until then it is an unknown one.
 *
 * @throws AppError `internal_error` when the sequence is not usable
 */
export function changeFromWire(message: Change__Output): Change {
  const sequence = integerFromWire(message.sequence) ?? refuse('sequence')
  const committedAt = integerFromWire(message.committedAtMs) ?? refuse('committed_at_ms')
  switch (message.kind) {
    case 'hostnameChanged': {
      const state = readHostnameState(message.hostnameChanged?.hostname ?? undefined)
      return state === undefined
        ? { kind: 'reset', sequence, lineage: '' }
        : { kind: 'hostname_changed', sequence, committedAt, ...state }
    }
    case 'linkChanged': {
      const hostname = hostnameFromWire(message.linkChanged?.hostname ?? '')
      const slug = slugFromWire(message.linkChanged?.slug ?? '')
      return hostname === undefined || slug === undefined
        ? { kind: 'reset', sequence, lineage: '' }
        : { kind: 'link_changed', sequence, committedAt, hostname, slug }
    }
    case 'certificateChanged': {
      const state = readCertificateState(message.certificateChanged?.hostname ?? undefined)
      return state === undefined
        ? { kind: 'reset', sequence, lineage: '' }
        : { kind: 'certificate_changed', sequence, committedAt, ...state }
    }
    case 'heartbeat':
      return { kind: 'heartbeat', sequence, lineage: message.heartbeat?.lineage ?? '' }
    case 'reset':
    case undefined:
      return { kind: 'reset', sequence, lineage: message.reset?.lineage ?? '' }
    default:
      return message.kind satisfies never
  }
}

/** Gives the message of a part of the list of all hostnames. */
export function hostnamesPageToWire(page: HostnamesPage): PageToWire {
  const { sequence, isLast } = page
  return { sequence, hostnames: page.hostnames.map(hostnameStateToWire), isLast }
}

/**
 * Reads a part of the list of all hostnames.
 *
 * @throws AppError `internal_error`
 */
export function hostnamesPageFromWire(message: HostnamesPage__Output): HostnamesPage {
  return {
    sequence: integerFromWire(message.sequence) ?? refuse('sequence'),
    hostnames: message.hostnames.map((state) => readHostnameState(state) ?? refuse('hostnames')),
    isLast: message.isLast,
  }
}

/** Gives the message of leased domains. */
export function dueDomainsToWire(domains: readonly DueDomain[]): ClaimDueDomainsResponse {
  return { domains: domains.map(dueDomainToWire) }
}

/**
 * Reads leased domains.
 *
 * @throws AppError `internal_error`
 */
export function dueDomainsFromWire(message: ClaimDueDomainsResponse__Output): readonly DueDomain[] {
  return message.domains.map(dueDomainFromWire)
}

/** Gives the message of what became of a check. */
export function outcomeToWire(outcome: CheckOutcome): RecordCheckResponse {
  return { outcome: WIRE_OUTCOMES[outcome] }
}

/**
 * Reads what became of a check.
 *
 * @throws AppError `internal_error`
 */
export function outcomeFromWire(message: RecordCheckResponse__Output): CheckOutcome {
  return (
    CHECK_OUTCOMES.find((outcome) => WIRE_OUTCOMES[outcome] === message.outcome) ??
    refuse('outcome')
  )
}

const WIRE_OUTCOMES = {
  applied: 'OUTCOME_APPLIED',
  hostname_in_use: 'OUTCOME_HOSTNAME_IN_USE',
  superseded: 'OUTCOME_SUPERSEDED',
} as const satisfies Record<CheckOutcome, string>

function domainToWire(domain: ServedDomain): Domain {
  return {
    id: domain.id,
    workspaceId: domain.workspaceId,
    hostname: domain.hostname,
    status: statusToWire(domain.status),
    ...(domain.rootUrl !== undefined && { rootUrl: domain.rootUrl }),
    ...(domain.notFoundUrl !== undefined && { notFoundUrl: domain.notFoundUrl }),
    ...(domain.redirectsTo !== undefined && { redirectsTo: domain.redirectsTo }),
    version: domain.version,
    ignoresPrivacySignals: !domain.honoursPrivacySignals,
  }
}

function domainFromWire(message: Domain__Output): ServedDomain {
  const { rootUrl, notFoundUrl, redirectsTo } = message
  return {
    id: nonEmpty(message.id, 'domain.id'),
    workspaceId: nonEmpty(message.workspaceId, 'domain.workspace_id'),
    hostname: hostnameFromWire(message.hostname) ?? refuse('domain.hostname'),
    status: statusFromWire(message.status) ?? refuse('domain.status'),
    rootUrl:
      rootUrl === undefined
        ? undefined
        : (destinationFromWire(rootUrl) ?? refuse('domain.root_url')),
    notFoundUrl:
      notFoundUrl === undefined
        ? undefined
        : (destinationFromWire(notFoundUrl) ?? refuse('domain.not_found_url')),
    redirectsTo:
      redirectsTo === undefined
        ? undefined
        : (hostnameFromWire(redirectsTo) ?? refuse('domain.redirects_to')),
    honoursPrivacySignals: !message.ignoresPrivacySignals,
    version: integerFromWire(message.version) ?? refuse('domain.version'),
  }
}

function linkToWire(link: ServedLink): Link {
  return {
    id: link.id,
    slug: link.slug,
    destinationUrl: link.destination,
    redirectStatus: link.redirectStatus,
    ...(link.expiresAt !== undefined && { expiresAtMs: link.expiresAt }),
    isDisabled: link.isDisabled,
    version: link.version,
  }
}

function linkFromWire(message: Link__Output): ServedLink {
  const { redirectStatus } = message
  return {
    id: nonEmpty(message.id, 'link.id'),
    slug: slugFromWire(message.slug) ?? refuse('link.slug'),
    destination: destinationFromWire(message.destinationUrl) ?? refuse('link.destination_url'),
    redirectStatus: isRedirectStatus(redirectStatus)
      ? redirectStatus
      : refuse('link.redirect_status'),
    expiresAt: optionalInstant(message.expiresAtMs, 'link.expires_at_ms'),
    isDisabled: message.isDisabled,
    version: integerFromWire(message.version) ?? refuse('link.version'),
  }
}

function hostnameStateToWire(state: HostnameState): StateToWire {
  return {
    hostname: state.hostname,
    status: state.status === undefined ? NOBODY_HAS_IT : statusToWire(state.status),
    ...certificateState(state),
  }
}

function certificateState({ certificate, mayHoldUntil }: CertificateState) {
  return {
    certificate: certificateStatusToWire(certificate),
    ...(mayHoldUntil !== undefined && { mayHoldUntilMs: mayHoldUntil }),
  }
}

const NOBODY_HAS_IT = 'DOMAIN_STATUS_UNSPECIFIED'

function readHostnameState(message: HostnameState__Output | undefined): HostnameState | undefined {
  const state = readCertificateState(message)
  if (message === undefined || state === undefined) return undefined
  if (message.status === NOBODY_HAS_IT) return { ...state, status: undefined }
  const status = statusFromWire(message.status)
  return status === undefined ? undefined : { ...state, status }
}

function readCertificateState(
  message: HostnameState__Output | undefined,
): (CertificateState & Pick<HostnameState, 'hostname'>) | undefined {
  if (message === undefined) return undefined
  const hostname = hostnameFromWire(message.hostname)
  const certificate = certificateStatusFromWire(message.certificate)
  const { mayHoldUntilMs } = message
  const mayHoldUntil = mayHoldUntilMs === undefined ? undefined : integerFromWire(mayHoldUntilMs)
  if (hostname === undefined || certificate === undefined) return undefined
  if (mayHoldUntil === undefined && mayHoldUntilMs !== undefined) return undefined
  return { hostname, certificate, mayHoldUntil }
}

function dueDomainToWire(domain: DueDomain): DueDomainToWire {
  return {
    id: domain.id,
    workspaceId: domain.workspaceId,
    hostname: domain.hostname,
    status: statusToWire(domain.status),
    statusSinceMs: domain.statusSince,
    version: domain.version,
    cnameTarget: domain.cnameTarget,
    verificationToken: domain.verificationToken,
    fastUntilMs: domain.fastUntil,
    quietChecks: domain.quietChecks,
    ...(domain.lossSeenAt !== undefined && { lossSeenAtMs: domain.lossSeenAt }),
    ...(domain.graceEndsAt !== undefined && { graceEndsAtMs: domain.graceEndsAt }),
    ...observationsToWire(domain.observations),
    certificate: certificateToWire(domain.certificate),
    holder: domain.holder ?? null,
    ...(domain.takeoverSeenAt !== undefined && { takeoverSeenAtMs: domain.takeoverSeenAt }),
    isTombstone: domain.isTombstone,
    lease: domain.lease,
    dueAtMs: domain.dueAt,
  }
}

function dueDomainFromWire(message: DueDomain__Output): DueDomain {
  return {
    id: nonEmpty(message.id, 'domains.id'),
    workspaceId: nonEmpty(message.workspaceId, 'domains.workspace_id'),
    hostname: hostnameFromWire(message.hostname) ?? refuse('domains.hostname'),
    status: statusFromWire(message.status) ?? refuse('domains.status'),
    statusSince: integerFromWire(message.statusSinceMs) ?? refuse('domains.status_since_ms'),
    version: integerFromWire(message.version) ?? refuse('domains.version'),
    cnameTarget: message.cnameTarget,
    verificationToken: message.verificationToken,
    fastUntil: integerFromWire(message.fastUntilMs) ?? refuse('domains.fast_until_ms'),
    quietChecks: message.quietChecks,
    lossSeenAt: optionalInstant(message.lossSeenAtMs, 'domains.loss_seen_at_ms'),
    graceEndsAt: optionalInstant(message.graceEndsAtMs, 'domains.grace_ends_at_ms'),
    observations: observationsFromWire(message) ?? refuse('domains.observations'),
    certificate: certificateFromWire(message.certificate),
    holder:
      message.holder === null
        ? undefined
        : {
            domainId: nonEmpty(message.holder.domainId, 'domains.holder.domain_id'),
            verificationToken: message.holder.verificationToken,
          },
    takeoverSeenAt: optionalInstant(message.takeoverSeenAtMs, 'domains.takeover_seen_at_ms'),
    isTombstone: message.isTombstone,
    lease: nonEmpty(message.lease, 'domains.lease'),
    dueAt: integerFromWire(message.dueAtMs) ?? refuse('domains.due_at_ms'),
  }
}

function optionalInstant(value: number | undefined, field: string): number | undefined {
  return value === undefined ? undefined : (integerFromWire(value) ?? refuse(field))
}

function nonEmpty(text: string, field: string): string {
  return text === '' ? refuse(field) : text
}

function refuse(field: string): never {
  throw new AppError('internal_error', `Core sent no usable "${field}".`, { facts: { field } })
}
