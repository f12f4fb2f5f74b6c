import { NO_CERTIFICATE, type CertificateFacts } from '@fingerpost/model/certificate'
import { NEVER_LOOKED_AT, NO_OBSERVATIONS, type RecordState } from '@fingerpost/model/domain-check'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import type { DiagnosedDomain } from '../src/rules/diagnosis/finding.ts'
import type { AnyRecord } from '../src/rules/stages/words.ts'

/** The instant of every rule's test of words. */
export const NOW = Date.UTC(2030, 0, 2, 3, 4, 5)
/** The name that the records lead to. */
export const TARGET = 'abc.edge.example.net'
/** The value of the TXT record. */
export const TOKEN = 'fp-token'
/** The TXT record's name. */
export const TXT_NAME = '_fingerpost-verify.links.example.com'

/** A certificate that was seen, valid for 30 days. */
export const SEEN: CertificateFacts['seen'] = {
  issuer: 'Pretend CA E1',
  keyType: 'P-256',
  notBefore: NOW - 86_400_000,
  notAfter: NOW + 30 * 86_400_000,
}

/** A certificate as it has to be. */
export const ISSUED: CertificateFacts = { ...NO_CERTIFICATE, status: 'issued', seen: SEEN }

/** How a domain of a test differs from one that was just added and looked at in vain. */
export type Given = Partial<Omit<DiagnosedDomain, 'records' | 'hostname'>> & {
  readonly hostname?: string
  readonly routing?: RecordState | Partial<AnyRecord['observation']>
  readonly ownership?: RecordState | Partial<AnyRecord['observation']>
}

/** Makes what stages and a diagnosis are told from. */
export function stagedDomain(given: Given): DiagnosedDomain {
  const { hostname = 'links.example.com', routing = 'missing', ownership = 'missing' } = given
  const { routing: _routing, ownership: _ownership, hostname: _hostname, ...others } = given
  return {
    hostname: hostnameOf(hostname),
    status: 'pending_verification',
    reason: { code: 'txt_not_found', message: 'The reason.' },
    graceEndsAt: undefined,
    lossSeenAt: undefined,
    takeoverSeenAt: undefined,
    nextCheckAt: NOW + 5_000,
    records: {
      routing: { type: 'CNAME', name: hostname, value: TARGET, observation: observe(routing) },
      ownership: {
        type: 'TXT',
        name: `_fingerpost-verify.${hostname}`,
        value: TOKEN,
        observation: observe(ownership),
      },
    },
    probe: NO_OBSERVATIONS.probe,
    caa: NO_OBSERVATIONS.caa,
    certificate: NO_CERTIFICATE,
    hasPublicTarget: true,
    now: NOW,
    evidence: [],
    ...others,
  }
}

function observe(given: RecordState | Partial<AnyRecord['observation']>) {
  const told = typeof given === 'string' ? { state: given } : given
  return { ...NEVER_LOOKED_AT, checkedAt: NOW - 1_000, ...told }
}

function hostnameOf(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`"${text}" is no hostname.`)
  return hostname
}
