import type { Evidence } from '@fingerpost/model/dns-evidence'
import { describeInstant } from '@fingerpost/model/time'
import { operatorFindings } from './diagnosis/operator-findings.ts'
import { certificateFindings } from './diagnosis/certificate-findings.ts'
import { dnsFindings } from './diagnosis/dns-findings.ts'
import type { DiagnosedDomain, Finding, FindingLevel } from './diagnosis/finding.ts'
import { recordFindings } from './diagnosis/record-findings.ts'
import { hasCertificate, isBlind, isRouted } from './stages/stage.ts'
import { lowerFirst } from './stages/words.ts'

/** What there is to say about a domain, the most important first in one sentence. */
export type Diagnosis = {
  readonly verdict: { readonly level: FindingLevel; readonly message: string }
  readonly findings: readonly Finding[]
  readonly answers: readonly Evidence[]
  /** When the newest of what it rests on was seen; undefined: nothing was looked at yet. */
  readonly checkedAt: number | undefined
}

/**
 * Makes the report about a domain: all that is right, wrong, or could not be told.
 *
 * The findings come in the order in which they depend on each other.
 */
export function diagnose(domain: DiagnosedDomain): Diagnosis {
  const { evidence, records, probe, caa, certificate } = domain
  const findings =
    domain.reason.code === 'local_name'
      ? []
      : [
          ...operatorFindings(domain),
          ...dnsFindings(domain),
          ...recordFindings(domain),
          ...certificateFindings(domain),
        ]
  const looks = [
    records.ownership.observation.checkedAt,
    records.routing.observation.checkedAt,
    probe.checkedAt,
    caa.checkedAt,
    certificate.checkedAt,
  ].filter((at) => at !== undefined)
  return {
    verdict: judge(domain, findings),
    findings,
    answers: evidence,
    checkedAt: looks.length === 0 ? undefined : Math.max(...looks),
  }
}

function judge(domain: DiagnosedDomain, findings: readonly Finding[]): Diagnosis['verdict'] {
  const standing = standingOf(domain)
  const problems = findings.filter(({ level }) => level === 'problem')
  if (problems.length > 0) {
    const named = problems.map(({ title }) => lowerFirst(title)).join(', and ')
    return { level: 'problem', message: `${standing}; to be put right: ${named}.` }
  }
  if (findings.some(({ level }) => level === 'unknown')) {
    const message = `${standing}; not everything could be told at the last look.`
    return { level: 'unknown', message }
  }
  const isLive = domain.status === 'active' && findings.every(({ level }) => level === 'ok')
  if (isLive) return { level: 'ok', message: `${standing}.` }
  const isNew = findings.some(({ id }) => id === 'not_checked')
  const soFar = isNew ? 'DNS was not looked at yet' : 'nothing is wrong so far'
  return { level: 'info', message: `${standing}; ${soFar}.` }
}

function standingOf(domain: DiagnosedDomain): string {
  const { hostname, status, graceEndsAt } = domain
  switch (status) {
    case 'pending_verification':
      return `"${hostname}" is not served, because its ownership is not proved`
    case 'verified':
      return `"${hostname}" is proved to be yours, but was not seen to lead here yet`
    case 'active':
      if (domain.reason.code === 'local_name') return `"${hostname}" is served on this machine`
      return `"${hostname}" ${activeWords(domain)} and has ${certificateWords(domain)}`
    case 'degraded': {
      const end = graceEndsAt === undefined ? 'for now' : `until ${describeInstant(graceEndsAt)}`
      return `"${hostname}" does not lead here any more and is served ${end}`
    }
    case 'suspended':
      return `"${hostname}" is suspended, and its links answer 410`
    default:
      return status satisfies never
  }
}

// Why not always "leads here": the last look may have seen something else, and that is told next.
function activeWords(domain: DiagnosedDomain): string {
  const { state } = domain.probe
  if (state === 'elsewhere' || state === 'partly') return 'is active'
  return isRouted(domain) || isBlind(domain) ? 'leads here' : 'is active'
}

function certificateWords(domain: DiagnosedDomain): string {
  if (hasCertificate(domain)) return 'a certificate'
  return domain.certificate.seen === undefined
    ? 'no certificate yet'
    : 'no valid certificate any more'
}
