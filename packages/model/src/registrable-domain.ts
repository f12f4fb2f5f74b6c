import { getDomain } from 'tldts'
import type { Hostname } from './hostname.ts'

/**
 * Gives the registrable domain of a hostname: the public suffix plus one label,
 * private suffixes included (`alice.github.io` is a domain of its own). A name
 * that is itself such a private suffix stands for the domain of its owner:
 * `github.io`. Undefined for a suffix of a registry, such as `co.uk`.
 *
 * @see publicsuffix.org
 */
export function registrableDomain(hostname: Hostname): string | undefined {
  return (
    getDomain(hostname, { ...AS_IT_IS, allowPrivateDomains: true }) ??
    getDomain(hostname, AS_IT_IS) ??
    undefined
  )
}

// Why: a `Hostname` has been looked at by the same rules.
const AS_IT_IS = { extractHostname: false, validateHostname: false, detectIp: false }
