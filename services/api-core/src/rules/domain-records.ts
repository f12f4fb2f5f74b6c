import type { RecordObservation } from '@fingerpost/model/domain-check'
import type { Hostname } from '@fingerpost/model/hostname'

/** The operator's names that every domain's records are made of. */
export type RecordNaming = {
  /** Undefined: the operator has not set one, so a CNAME cannot lead anywhere yet. */
  readonly publicTarget: string | undefined
  readonly txtPrefix: string
}

/** The two DNS records that a customer adds. */
export type DomainRecords = {
  readonly routing: ExpectedRecord & { readonly type: 'CNAME' }
  readonly ownership: ExpectedRecord & { readonly type: 'TXT' }
}

/** A record as it has to be published, and what was seen of it. */
export type ExpectedRecord = {
  readonly name: string
  readonly value: string
  readonly observation: RecordObservation
}

/** Stands in for the target that the operator has not set. */
export const PLACEHOLDER_TARGET = 'edge.localhost'

/** Gives the records that a domain needs. */
export function domainRecords(
  domain: {
    readonly hostname: Hostname
    readonly cnameLabel: string
    readonly verificationToken: string
    readonly observations: {
      readonly routing: RecordObservation
      readonly ownership: RecordObservation
    }
  },
  naming: RecordNaming,
): DomainRecords {
  const { hostname, observations } = domain
  return {
    routing: {
      type: 'CNAME',
      name: hostname,
      value: cnameTarget(domain.cnameLabel, naming),
      observation: observations.routing,
    },
    ownership: {
      type: 'TXT',
      name: `${naming.txtPrefix}.${hostname}`,
      value: domain.verificationToken,
      observation: observations.ownership,
    },
  }
}

/** Gives the name that a domain's CNAME leads to: its own label under the operator's target. */
export function cnameTarget(label: string, naming: Pick<RecordNaming, 'publicTarget'>): string {
  return `${label}.${naming.publicTarget ?? PLACEHOLDER_TARGET}`
}
