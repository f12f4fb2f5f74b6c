import type { Evidence, EvidenceRole } from '@fingerpost/model/dns-evidence'
import type { EpochMs } from '@fingerpost/model/time'
import type { DnsAnswer } from '../rules/dns-answer.ts'
import { boundedValues } from '../rules/published-values.ts'

/** Most answers of DNS servers that one check keeps; the other looks need room as well. */
export const DNS_EVIDENCE_MAX = 40

/** Collects what was answered in one check. */
export class DnsEvidence {
  readonly #now: () => EpochMs
  readonly #seen: Evidence[] = []

  constructor(now: () => EpochMs) {
    this.#now = now
  }

  add(role: EvidenceRole, server: string, question: string, answer: DnsAnswer): void {
    this.#seen.push({
      role,
      server,
      question,
      outcome: outcomeOf(answer),
      values: boundedValues(valuesOf(answer)),
      ttlS: answer.details?.ttlS,
      at: answer.details?.at ?? this.#now(),
    })
  }

  /** Gives the answers, what the zone's own servers said about `names` first. */
  mostTelling(names: readonly string[]): readonly Evidence[] {
    const rank = ({ role, question }: Evidence): number => {
      const isDirect = names.some((name) => question.endsWith(` ${name}`))
      return (isDirect ? 0 : 2) + (role === 'authority' ? 0 : 1)
    }
    return this.#seen.toSorted((one, other) => rank(one) - rank(other)).slice(0, DNS_EVIDENCE_MAX)
  }
}

function outcomeOf(answer: DnsAnswer): string {
  if (answer.kind === 'failed' && answer.failure === 'lame') return 'lame'
  if (answer.details !== undefined) return answer.details.rcode
  if (answer.kind === 'failed') return answer.failure
  return answer.kind === 'nxdomain' ? 'NXDOMAIN' : 'NOERROR'
}

// Why the owner with each record of a chain: without it, nobody can tell what leads where.
function valuesOf(answer: DnsAnswer): readonly string[] {
  const { details } = answer
  if (details !== undefined && details.chain.length > 0) {
    return details.records.map(({ owner, type, value }) => `${owner} ${type} ${value}`)
  }
  return answer.kind === 'found' ? answer.values : []
}
