import type { CertificateErrorCode } from '@fingerpost/model/certificate'
import { DOMAIN_STATUSES } from '@fingerpost/model/domain-status'
import { quoted } from '@fingerpost/model/quote'
import { describeInstant } from '@fingerpost/model/time'
import { hasCertificate, isForbiddenByOperator, type StagedDomain, type Words } from './stage.ts'
import { FINISH_EARLIER, nextLook, NOTHING, sentences } from './words.ts'

/** Tells the stage in which the certificate is obtained and renewed. */
export function getCertificate(domain: StagedDomain): Words {
  if (!DOMAIN_STATUSES[domain.status].allowsCertificate) return notPermitted(domain)
  if (domain.caa.state === 'forbids') return forbidden(domain)
  const { certificate } = domain
  if (certificate.error?.code === 'held_back') {
    return hasCertificate(domain) ? issued(domain) : heldBack(domain)
  }
  switch (certificate.status) {
    case 'none':
    case 'issued':
      if (hasCertificate(domain)) return issued(domain)
      return certificate.seen === undefined ? notYet(domain) : ended(domain)
    case 'issuing':
      return hasCertificate(domain) ? issued(domain) : issuing(domain)
    case 'failing':
      return failing(domain)
    default:
      return certificate.status satisfies never
  }
}

function notPermitted(domain: StagedDomain): Words {
  const { hostname, caa, status } = domain
  const until =
    status === 'suspended'
      ? `No certificate for "${hostname}" is used or obtained while the domain is suspended.`
      : `No certificate for "${hostname}" is obtained before its ownership is proved.`
  return {
    state: 'waiting',
    happening: sentences(until, caa.state === 'forbids' ? caaTold(domain) : ''),
    you: caa.state === 'forbids' ? caaFix(domain) : FINISH_EARLIER,
    next:
      `As soon as the records of "${hostname}" are in place, the certificate is obtained by ` +
      'itself.',
  }
}

function forbidden(domain: StagedDomain): Words {
  const { certificate, hostname, now } = domain
  const isValid = certificate.seen !== undefined && certificate.seen.notAfter > now
  return {
    state: 'failed',
    happening: sentences(caaTold(domain), describeSeen(domain)),
    you: caaFix(domain),
    next: sentences(
      isValid
        ? 'The certificate cannot be renewed before that is changed.'
        : `When it is changed, the certificate for "${hostname}" is obtained by itself.`,
      nextLook(domain),
    ),
  }
}

function caaTold({ caa, hostname }: StagedDomain): string {
  return caa.message || `CAA records forbid the certificate for "${hostname}".`
}

function caaFix(domain: StagedDomain): string {
  if (isForbiddenByOperator(domain)) {
    const target = domain.records.routing.value
    return `${NOTHING} The operator of this server has to change the CAA records at "${target}".`
  }
  return (
    domain.caa.fix ??
    `Change the CAA records that hold for "${domain.hostname}" so that they allow the CA.`
  )
}

function heldBack(domain: StagedDomain): Words {
  const { certificate, hostname } = domain
  return {
    state: 'waiting',
    happening:
      certificate.error?.message ||
      `The certificate for "${hostname}" waits for its turn: the CA issues only so many in a time.`,
    you: FIXES.held_back(domain),
    next:
      nextAttempt(domain) || `The certificate for "${hostname}" is obtained as soon as it can be.`,
  }
}

function notYet({ hostname, status }: StagedDomain): Words {
  if (status === 'active') {
    return {
      state: 'current',
      happening: `There is no certificate for "${hostname}" yet; it is about to be obtained.`,
      you: NOTHING,
      next: 'It comes by itself, with the first HTTPS request at the latest.',
    }
  }
  return {
    state: 'waiting',
    happening:
      `The certificate for "${hostname}" is obtained when "${hostname}" leads here: the CA looks ` +
      'there, too.',
    you: FINISH_EARLIER,
    next: 'Then it comes by itself within seconds.',
  }
}

function issuing(domain: StagedDomain): Words {
  return {
    state: 'current',
    happening: `The certificate for "${domain.hostname}" is being obtained.`,
    you: NOTHING,
    next: sentences('It takes some seconds as a rule.', nextAttempt(domain)),
  }
}

function issued(domain: StagedDomain): Words {
  const { hostname, status } = domain
  return {
    state: 'done',
    happening: describeSeen(domain) || `The CA has issued a certificate for "${hostname}".`,
    you: NOTHING,
    next:
      status === 'degraded'
        ? `It can be renewed only when "${hostname}" leads here again.`
        : 'It is renewed by itself before it ends.',
  }
}

function ended(domain: StagedDomain): Words {
  return {
    state: 'failed',
    happening: describeSeen(domain),
    you: `${NOTHING} ${IF_NOT_DONE}`,
    next: `A new one is obtained with the next request over HTTPS. ${nextLook(domain)}`,
  }
}

function failing(domain: StagedDomain): Words {
  const { certificate, hostname } = domain
  const { error } = certificate
  const told = error?.message || `The certificate for "${hostname}" cannot be obtained for now.`
  return {
    state: 'failed',
    happening: sentences(told, describeSeen(domain)),
    you: FIXES[error?.code ?? 'unknown'](domain),
    next: nextAttempt(domain) || `It is tried again and again. ${nextLook(domain)}`,
  }
}

function describeSeen({ certificate, hostname, now }: StagedDomain): string {
  const { seen } = certificate
  if (seen === undefined) return ''
  const at = describeInstant(seen.notAfter)
  if (seen.notAfter <= now) return `The last certificate for "${hostname}" ended on ${at}.`
  const kind = `${quoted(seen.issuer)} (${seen.keyType})`
  return `"${hostname}" has a certificate of ${kind} that is valid until ${at}.`
}

function nextAttempt({ certificate, now }: StagedDomain): string {
  const at = certificate.nextAttemptAt
  if (at === undefined) return ''
  if (at <= now) return 'The next attempt is made at once.'
  return `The next attempt is at ${describeInstant(at)}.`
}

const IF_NOT_DONE = 'If an earlier stage is not done, finish it.'

const FIXES: Readonly<Record<CertificateErrorCode, (domain: StagedDomain) => string>> = {
  caa: caaFix,
  dns: ({ hostname }) =>
    'Make sure that the name servers of your zone answer A, AAAA and CAA questions for ' +
    `"${hostname}" without an error: look at SERVFAIL answers and at DNSSEC.`,
  connection: ({ hostname }) =>
    `Make sure that every address of "${hostname}" takes requests to port 80 from everywhere: no ` +
    'firewall, no block of countries.',
  rate_limited: () => `${NOTHING} ${IF_NOT_DONE} Then wait for the CA.`,
  rejected_identifier: ({ hostname }) =>
    `Use another hostname: the CA issues no certificate for "${hostname}".`,
  unauthorized: ({ hostname, records }) =>
    `Remove every A and AAAA record at "${hostname}" that does not lead to ` +
    `"${records.routing.value}", and switch off a proxy in front of it.`,
  held_back: () => NOTHING,
  renewal_overdue: () => `${NOTHING} ${IF_NOT_DONE}`,
  unknown: () => `${NOTHING} If the same is said tomorrow, show it to the operator of this server.`,
}
