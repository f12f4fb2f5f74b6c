import type { Kysely } from 'kysely'
import { NO_CERTIFICATE, type CertificateFacts } from '@fingerpost/model/certificate'
import { DOMAIN_STATUSES } from '@fingerpost/model/domain-status'
import type { EpochMs } from '@fingerpost/model/time'
import { readCertificates } from '../certificates/certificate-store.ts'
import type { Tables } from '../database/tables.ts'
import { domainRecords, type RecordNaming } from '../rules/domain-records.ts'
import type { StagedDomain } from '../rules/stages/stage.ts'
import type { Domain } from './domain.ts'

/** What a domain is told from besides its row. */
export type DomainContext = {
  readonly naming: RecordNaming
  readonly certificate: CertificateFacts
  readonly now: EpochMs
}

/**
 * Reads what some domains are told from besides their rows, in one query however
 * many they are; gives it for each.
 */
export async function readContexts(
  domains: readonly Domain[],
  naming: RecordNaming,
  deps: { readonly db: Kysely<Tables>; readonly now: EpochMs },
): Promise<(domain: Domain) => DomainContext> {
  // Why of holders only: what is known of a hostname's certificate is not for those who claim it.
  const holders = domains.filter(({ status }) => DOMAIN_STATUSES[status].holdsHostname)
  const certificates = await readCertificates(
    holders.map(({ hostname }) => hostname),
    deps.db,
  )
  return (domain) => {
    const known = holders.includes(domain) ? certificates.get(domain.hostname) : undefined
    return { naming, certificate: known ?? NO_CERTIFICATE, now: deps.now }
  }
}

/** Gives what a domain's stages and diagnosis are told from. */
export function stagedDomain(domain: Domain, context: DomainContext): StagedDomain {
  const { naming, certificate, now } = context
  return {
    hostname: domain.hostname,
    status: domain.status,
    reason: domain.reason,
    graceEndsAt: domain.graceEndsAt,
    lossSeenAt: domain.lossSeenAt,
    takeoverSeenAt: domain.takeoverSeenAt,
    nextCheckAt: domain.nextCheckAt,
    records: domainRecords(domain, naming),
    probe: domain.observations.probe,
    caa: domain.observations.caa,
    certificate,
    hasPublicTarget: naming.publicTarget !== undefined,
    now,
  }
}
