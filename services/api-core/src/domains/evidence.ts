import {
  EVIDENCE_MAX,
  EVIDENCE_ROLES,
  type Evidence,
  type EvidenceRole,
} from '@fingerpost/model/dns-evidence'

/** Writes evidence for a row; null: there is none. */
export function formatEvidence(evidence: readonly Evidence[]): string | null {
  return evidence.length === 0 ? null : JSON.stringify(evidence.slice(0, EVIDENCE_MAX))
}

/** Reads evidence from a row, which holds what `formatEvidence` wrote. */
export function parseEvidence(json: string | null): readonly Evidence[] {
  if (json === null) return []
  const stored = JSON.parse(json) as (Omit<Evidence, 'role'> & { readonly role: string })[]
  // Why spread: JSON drops what is undefined, and a missing key is another type.
  return stored.map((piece) => ({ ...piece, ttlS: piece.ttlS, role: roleOf(piece.role) }))
}

/**
 * Gives the evidence without one TXT value: the two sides of a takeover see the
 * same answers, but not which value is the other's.
 */
export function withoutValue(
  evidence: readonly Evidence[],
  secret: string,
  instead: string,
): readonly Evidence[] {
  return evidence.map((piece) => ({
    ...piece,
    values: piece.values.map((value) => value.replaceAll(secret, instead)),
  }))
}

function roleOf(role: string): EvidenceRole {
  return EVIDENCE_ROLES.find((known) => known === role) ?? 'resolver'
}
