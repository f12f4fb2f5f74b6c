import {
  CERTIFICATE_MESSAGE_LENGTH_MAX,
  type CertificateError,
  type CertificateFacts,
  type CertificateNews,
  type SeenCertificate,
} from '@fingerpost/model/certificate'
import type { CaaObservation } from '@fingerpost/model/domain-check'
import { describeInstant, type DurationMs, type EpochMs } from '@fingerpost/model/time'

/** What is known of a certificate, and until when there may be one that has not expired. */
export type KnownCertificate = {
  readonly facts: CertificateFacts
  readonly mayHoldUntil: EpochMs | undefined
}

/** News of a certificate, and when it was learned by the clock of whoever tells it. */
export type DatedNews = { readonly news: CertificateNews; readonly seenAt: EpochMs }

/**
 * How long a certificate that nobody has seen yet may be valid: no public CA issues for longer.
 *
 * @see CA/Browser Forum Baseline Requirements, section 6.3.2
 */
export const UNSEEN_CERTIFICATE_MS: DurationMs = 398 * 86_400_000

/** So much earlier than its issuance a certificate may begin; Let's Encrypt sets an hour. */
export const BACKDATED_MS_MAX: DurationMs = 90 * 60_000

/**
 * Decides what is known of a certificate after news of it. News that is older than what is known
 * changes nothing but until when one may be held. The newest certificate that was seen stays.
 *
 * Whoever fails keeps failing until another certificate comes: a look at the old one, which is
 * still valid, and an attempt that begins are no recovery.
 *
 * @param now by core's clock; nothing was learned later, whatever the clock of who tells it says
 */
export function nextCertificate(
  known: KnownCertificate,
  { news, seenAt }: DatedNews,
  now: EpochMs,
): KnownCertificate {
  const dated = { news, seenAt: Math.min(seenAt, now) }
  const { checkedAt } = known.facts
  // Why not by one that is to come: a clock was ahead, and would silence all news until then.
  const isOlder = checkedAt !== undefined && checkedAt <= now && dated.seenAt < checkedAt
  return {
    facts: isOlder ? known.facts : nextFacts(known.facts, dated),
    mayHoldUntil: nextHold(known, dated, isOlder),
  }
}

function nextFacts(facts: CertificateFacts, { news, seenAt }: DatedNews): CertificateFacts {
  const told = { ...facts, checkedAt: seenAt }
  switch (news.kind) {
    case 'seen':
      return afterSeen(told, news.certificate, seenAt)
    case 'issuing':
      return afterIssuing(told, seenAt)
    case 'issued':
      return { ...told, status: 'issued', error: undefined, nextAttemptAt: undefined }
    case 'failed':
      return afterFailed(told, news, seenAt)
    default:
      return news satisfies never
  }
}

function afterSeen(
  facts: CertificateFacts,
  certificate: SeenCertificate,
  now: EpochMs,
): CertificateFacts {
  const isNew = facts.seen === undefined || certificate.notBefore > facts.seen.notBefore
  const seen = isNew ? certificate : facts.seen
  if (seen.notAfter <= now) {
    const error = facts.error ?? { code: 'renewal_overdue', message: endedWords(seen) }
    return { ...facts, seen, status: 'failing', error }
  }
  if (facts.status === 'failing' && !isNew) return facts
  return { ...facts, seen, status: 'issued', error: undefined, nextAttemptAt: undefined }
}

function afterIssuing(facts: CertificateFacts, now: EpochMs): CertificateFacts {
  // The attempt that was waited for runs now.
  if (facts.status === 'failing') return { ...facts, nextAttemptAt: undefined }
  // Why not while one is valid: a renewal is nobody's business unless it fails.
  const isHeld =
    facts.status === 'issued' && (facts.seen === undefined || facts.seen.notAfter > now)
  if (isHeld) return facts
  return { ...facts, status: 'issuing', error: undefined, nextAttemptAt: undefined }
}

function afterFailed(
  facts: CertificateFacts,
  news: Extract<CertificateNews, { readonly kind: 'failed' }>,
  now: EpochMs,
): CertificateFacts {
  const { nextAttemptAt } = news
  const isFailing = facts.status === 'failing'
  if (news.error.code === 'held_back') {
    // Why not failing: nothing is wrong with the hostname, it waits for its slot.
    if (isFailing) return { ...facts, nextAttemptAt }
    return isValid(facts.seen, now)
      ? facts
      : { ...facts, status: 'issuing', error: news.error, nextAttemptAt }
  }
  // Why: that a renewal is late says less than why it is.
  if (news.error.code === 'renewal_overdue' && isFailing && facts.error !== undefined) return facts
  const error = withEnd(news.error, isValid(facts.seen, now) ? facts.seen : undefined)
  return { ...facts, status: 'failing', error, nextAttemptAt }
}

function isValid(seen: SeenCertificate | undefined, now: EpochMs): boolean {
  return seen !== undefined && seen.notAfter > now
}

function withEnd(error: CertificateError, seen: SeenCertificate | undefined): CertificateError {
  if (seen === undefined) return error
  const until =
    ` Visitors are served until ${describeInstant(seen.notAfter)}, when the certificate that is ` +
    'there ends.'
  const room = CERTIFICATE_MESSAGE_LENGTH_MAX - until.length
  return { code: error.code, message: error.message.slice(0, room).toWellFormed() + until }
}

function endedWords({ notAfter }: SeenCertificate): string {
  return `The certificate ended at ${describeInstant(notAfter)} and was not renewed.`
}

// A certificate that was issued is seen within minutes, and long before this.
const UNSEEN_MS_MAX: DurationMs = 30 * 86_400_000

/**
 * Decides until when a certificate may be held. One that was issued and not seen yet may be of any
 * life; only a look at it, or at one after it, makes that less.
 */
function nextHold(
  { facts, mayHoldUntil }: KnownCertificate,
  { news, seenAt }: DatedNews,
  isOlder: boolean,
): EpochMs | undefined {
  switch (news.kind) {
    case 'issued': {
      // Why only when it is older: what is told in its order was issued after what was seen.
      const isSeen = isOlder && facts.seen !== undefined && isIssuedBefore(seenAt, facts.seen)
      return isSeen ? mayHoldUntil : latest(mayHoldUntil, seenAt + UNSEEN_CERTIFICATE_MS)
    }
    case 'seen': {
      const { certificate } = news
      if (mayHoldUntil === undefined) return certificate.notAfter
      const issuedAt = mayHoldUntil - UNSEEN_CERTIFICATE_MS
      // Why not of long ago: that bound is the end of a certificate that another Caddy may have.
      const isTheOne = seenAt - issuedAt < UNSEEN_MS_MAX && isIssuedBefore(issuedAt, certificate)
      // Why the one before as well: another Caddy may still have it.
      return latest(isTheOne ? facts.seen?.notAfter : mayHoldUntil, certificate.notAfter)
    }
    case 'issuing':
    case 'failed':
      return mayHoldUntil
    default:
      return news satisfies never
  }
}

function isIssuedBefore(issuedAt: EpochMs, { notBefore, notAfter }: SeenCertificate): boolean {
  const backdatedMs = Math.min(BACKDATED_MS_MAX, (notAfter - notBefore) / 10)
  return notBefore >= issuedAt - backdatedMs
}

function latest(first: EpochMs | undefined, second: EpochMs): EpochMs {
  return Math.max(first ?? second, second)
}

/**
 * Puts what our own look at CAA found in place of the CA's words, which do not say who may issue.
 */
export function withCaaWords(news: CertificateNews, caa: CaaObservation): CertificateNews {
  if (news.kind !== 'failed' || news.error.code !== 'caa' || caa.state !== 'forbids') return news
  const message = `${caa.message} ${caa.fix ?? ''}`.trim().slice(0, CERTIFICATE_MESSAGE_LENGTH_MAX)
  return { ...news, error: { code: 'caa', message } }
}

/** What of a certificate's news a workspace is told. */
export type CertificateTurn = {
  readonly kind: 'issued' | 'failing'
  /** Names the fact, the same however often it is told. */
  readonly fact: string
  readonly message: string
}

/**
 * Decides what there is to tell: the first certificate, that it fails, and that it is there again.
 * A renewal that goes well is no news.
 */
export function certificateTurn(
  before: CertificateFacts,
  after: CertificateFacts,
  hostname: string,
): CertificateTurn | undefined {
  if (after.status === before.status) return undefined
  if (after.status === 'failing') {
    const { message } = after.error ?? { message: '' }
    return { kind: 'failing', fact: `certificate.failing:${hostname}:${after.checkedAt}`, message }
  }
  if (after.status !== 'issued') return undefined
  if (before.status === 'failing') {
    const message = `A certificate for ${hostname} was issued again.`
    return { kind: 'issued', fact: `certificate.issued:${hostname}:${after.checkedAt}`, message }
  }
  if (before.seen !== undefined) return undefined
  const message = `The certificate for ${hostname} was issued. Visitors are served by HTTPS.`
  return { kind: 'issued', fact: `certificate.issued:${hostname}:first`, message }
}
