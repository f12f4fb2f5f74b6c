import type { FakeDomain } from '@fingerpost/contract/fake-rows'
import { NO_OBSERVATIONS } from '@fingerpost/model/domain-check'

/** What the core of a benchmark of domain-manager has. */
export type ControlCoreOptions = {
  /** Hostnames that it lists, all active with a certificate. */
  readonly hostnames: number
  /** Domains that it gives to check, each once. */
  readonly dueDomains: number
}

/** The first labels of the hostnames; one of each in every customer's zone. */
export const LABELS_OF_CONTROL_NAMES = ['links', 'go', 'l', 'click', 'url', 'shop', 'promo']

/** Gives the hostname with a number: every seven share a registrable domain. */
export function controlHostnameAt(index: number): string {
  const label = LABELS_OF_CONTROL_NAMES[index % LABELS_OF_CONTROL_NAMES.length]
  return `${label}.customer-${Math.floor(index / LABELS_OF_CONTROL_NAMES.length)}.example`
}

/** Gives the name that the CNAME of a hostname leads to. */
export function controlTargetAt(index: number): string {
  return `k${index}.edge.example.net`
}

/** Gives the value of a hostname's TXT record. */
export function controlTokenAt(index: number): string {
  return `fp-token-${index}`
}

/**
 * Gives an active domain whose health check is due. It was probed a moment ago, so that the
 * check looks at DNS and CAA alone.
 */
export function controlDomainAt(index: number): FakeDomain {
  const probe = { state: 'reached', message: '', checkedAt: Date.now() } as const
  return {
    observations: { ...NO_OBSERVATIONS, probe },
    hostname: controlHostnameAt(index),
    status: 'active',
    statusSince: 0,
    fastUntil: 0,
    cnameTarget: controlTargetAt(index),
    verificationToken: controlTokenAt(index),
  }
}
