import type { SeenCertificate } from '@fingerpost/model/certificate'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import { ownSubproblem, withoutResumeKey, type AcmeProblem } from './acme-error.ts'
import { boundedValue } from './published-values.ts'

/** Gives what Caddy presented in a TLS handshake of ours. */
export function handshakeEvidence(
  { issuer, keyType, notBefore, notAfter }: SeenCertificate,
  asked: { readonly hostname: Hostname; readonly server: string; readonly at: EpochMs },
): Evidence {
  const values = [
    `issuer=${issuer}`,
    `key_type=${keyType}`,
    `not_before=${instantText(notBefore)}`,
    `not_after=${instantText(notAfter)}`,
  ]
  return {
    role: 'handshake',
    server: asked.server,
    question: `TLS ${asked.hostname}`,
    outcome: 'certificate',
    values: values.map(boundedValue),
    ttlS: undefined,
    at: asked.at,
  }
}

/** Who was asked for a certificate, and for what. */
export type AskedCa = {
  readonly hostname: Hostname
  /** The CA as the log names it; undefined: it does not. */
  readonly ca: string | undefined
  /** `order`, or the type of a challenge. */
  readonly what: string
  readonly at: EpochMs
}

/**
 * Gives what a CA said, as Caddy's log tells it: the type of its problem and its own words, or what
 * the log says in their place.
 */
export function caEvidence(
  said:
    | { readonly kind: 'issued'; readonly text: string }
    | { readonly kind: 'failed'; readonly text: string }
    | { readonly kind: 'problem'; readonly problem: AcmeProblem },
  { hostname, ca, what, at }: AskedCa,
): Evidence {
  const [outcome, texts] =
    said.kind === 'problem' ? problemTexts(said.problem, hostname) : [said.kind, [said.text]]
  return {
    role: 'acme',
    server: boundedValue(ca ?? 'caddy'),
    question: boundedValue(`${what} ${hostname}`),
    outcome: boundedValue(outcome),
    values: texts.filter((text) => text !== '').map((text) => boundedValue(withoutResumeKey(text))),
    ttlS: undefined,
    at,
  }
}

function problemTexts(
  problem: AcmeProblem,
  hostname: Hostname,
): readonly [outcome: string, texts: readonly string[]] {
  // Why only one of them: others may be about names that are none of this workspace's.
  const sub = ownSubproblem(problem, hostname)
  const subText =
    sub === undefined ? '' : `${`${sub.type} ${sub.identifier}`.trimEnd()}: ${sub.detail}`
  return [problem.type === '' ? 'failed' : problem.type, [problem.detail, subText]]
}

function instantText(at: EpochMs): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? 'unreadable' : date.toISOString()
}
