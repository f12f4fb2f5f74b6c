import type { CaaState } from '@fingerpost/model/domain-check'
import { getCertificate } from '../stages/get-certificate.ts'
import { hasCertificate, isForbiddenByOperator, type StageState } from '../stages/stage.ts'
import { NOTHING, sentences } from '../stages/words.ts'
import type { DiagnosedDomain, Finding, FindingLevel } from './finding.ts'

/** Finds whether a certificate may be had, and is. */
export function certificateFindings(domain: DiagnosedDomain): readonly Finding[] {
  return [...caaFindings(domain), certificateFinding(domain)]
}

function failedTitle(domain: DiagnosedDomain): string {
  const { seen, status } = domain.certificate
  if (hasCertificate(domain)) return 'The certificate could not be renewed'
  const hasEnded = seen !== undefined && status !== 'failing'
  return hasEnded ? 'The certificate has ended' : CERTIFICATE_WORDS.failed.title
}

type Words = { readonly level: FindingLevel; readonly title: string }

const CAA_WORDS: Readonly<Record<Exclude<CaaState, 'not_checked'>, Words>> = {
  allows: { level: 'ok', title: 'CAA allows the certificate' },
  forbids: { level: 'problem', title: 'CAA forbids the certificate' },
  unknown: { level: 'unknown', title: 'What CAA says could not be looked up' },
}

function caaFindings(domain: DiagnosedDomain): readonly Finding[] {
  const { caa } = domain
  // Why not when it is the operator's: that is said as such.
  if (caa.state === 'not_checked' || isForbiddenByOperator(domain)) return []
  const { level, title } = CAA_WORDS[caa.state]
  const detail = caa.message || `${title}.`
  const fix = caa.state === 'forbids' ? getCertificate(domain).you : undefined
  return [{ id: 'caa', area: 'caa', level, title, detail, fix }]
}

const CERTIFICATE_WORDS: Readonly<Record<StageState, Words>> = {
  done: { level: 'ok', title: 'The certificate is there' },
  current: { level: 'info', title: 'The certificate is being obtained' },
  waiting: { level: 'info', title: 'The certificate has to wait' },
  failed: { level: 'problem', title: 'The certificate cannot be obtained' },
}

function certificateFinding(domain: DiagnosedDomain): Finding {
  const { state, happening, you, next } = getCertificate(domain)
  const about = { id: 'certificate', area: 'certificate' } as const
  if (domain.caa.state === 'forbids') {
    // Why no problem: what has to be put right is CAA, and that is said.
    const title = 'The certificate waits for CAA to change'
    return { ...about, level: 'info', title, detail: next, fix: undefined }
  }
  const isTheirs = state === 'failed' && !you.startsWith(NOTHING)
  return {
    ...about,
    ...CERTIFICATE_WORDS[state],
    ...(state === 'failed' && { title: failedTitle(domain) }),
    detail: sentences(happening, next),
    fix: isTheirs ? you : undefined,
  }
}
