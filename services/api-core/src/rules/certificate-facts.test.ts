import t from 'tap'
import {
  CERTIFICATE_MESSAGE_LENGTH_MAX,
  NO_CERTIFICATE,
  type CertificateErrorCode,
  type CertificateNews,
  type SeenCertificate,
} from '@fingerpost/model/certificate'
import { NO_OBSERVATIONS } from '@fingerpost/model/domain-check'
import {
  BACKDATED_MS_MAX,
  certificateTurn,
  nextCertificate,
  UNSEEN_CERTIFICATE_MS,
  withCaaWords,
  type KnownCertificate,
} from './certificate-facts.ts'

const DAY_MS = 86_400_000
const LIFE_MS = 90 * DAY_MS
const NOTHING: KnownCertificate = { facts: NO_CERTIFICATE, mayHoldUntil: undefined }
const ISSUING: CertificateNews = { kind: 'issuing' }
const ISSUED: CertificateNews = { kind: 'issued' }

function certificateFrom(notBefore: number, lifeMs = LIFE_MS): SeenCertificate {
  return { issuer: 'R11', keyType: 'P-256', notBefore, notAfter: notBefore + lifeMs }
}

function seen(certificate: SeenCertificate): CertificateNews {
  return { kind: 'seen', certificate }
}

function failed(
  code: CertificateErrorCode = 'dns',
  nextAttemptAt?: number,
  message = 'Why.',
): CertificateNews {
  return { kind: 'failed', error: { code, message }, nextAttemptAt }
}

/** News, and when it is learned. */
type Step = readonly [at: number, news: CertificateNews]

/** What is known after news, each at its instant, one after another. */
function after(...steps: readonly Step[]) {
  return steps.reduce((known, step) => next(known, step), NOTHING)
}

/** What is known after one more news; core hears of it when it is learned, unless told when. */
function next(known: KnownCertificate, [seenAt, news]: Step, now = seenAt): KnownCertificate {
  return nextCertificate(known, { news, seenAt }, now)
}

const OLD = certificateFrom(0)
const RENEWED = certificateFrom(60 * DAY_MS)

t.test('a first issuance goes from issuing to issued to seen', async (t) => {
  t.match(after([1, ISSUING]), {
    facts: { status: 'issuing', checkedAt: 1 },
    mayHoldUntil: undefined,
  })
  t.match(after([1, ISSUING], [2, ISSUED]), {
    facts: { status: 'issued', seen: undefined, checkedAt: 2 },
    mayHoldUntil: 2 + UNSEEN_CERTIFICATE_MS,
  })
  t.match(after([1, ISSUING], [2, ISSUED], [3, seen(OLD)]), {
    facts: { status: 'issued', seen: OLD, checkedAt: 3 },
    mayHoldUntil: OLD.notAfter,
  })
})

t.test('a renewal that goes well changes nothing until it is there', async (t) => {
  const held = after([1, seen(OLD)])
  const renewing = next(held, [60 * DAY_MS, ISSUING])
  t.match(renewing, { facts: { status: 'issued', seen: OLD }, mayHoldUntil: OLD.notAfter })
  t.match(after([1, ISSUED], [2, ISSUING]), { facts: { status: 'issued' } }, 'not seen yet')
  t.match(
    next(held, [OLD.notAfter, ISSUING]),
    { facts: { status: 'issuing' } },
    'one that ended is obtained anew',
  )
})

t.test('until when one may be held never becomes less than what may be there', async (t) => {
  const issuedAt = 60 * DAY_MS
  const renewed = after([1, seen(OLD)], [issuedAt, ISSUED])
  t.equal(renewed.mayHoldUntil, issuedAt + UNSEEN_CERTIFICATE_MS)
  const stillOld = next(renewed, [issuedAt + 1, seen(OLD)])
  t.equal(
    stillOld.mayHoldUntil,
    issuedAt + UNSEEN_CERTIFICATE_MS,
    'another Caddy shows the old one',
  )
  const backdated = certificateFrom(issuedAt - BACKDATED_MS_MAX)
  t.equal(next(stillOld, [issuedAt + 2, seen(backdated)]).mayHoldUntil, backdated.notAfter)
  const tooOld = certificateFrom(issuedAt - BACKDATED_MS_MAX - 1)
  t.equal(
    next(stillOld, [issuedAt + 2, seen(tooOld)]).mayHoldUntil,
    issuedAt + UNSEEN_CERTIFICATE_MS,
  )
  const short = certificateFrom(issuedAt, 6 * DAY_MS)
  t.equal(
    next(renewed, [issuedAt + 2, seen(short)]).mayHoldUntil,
    OLD.notAfter,
    'the one before may still be there',
  )
})

t.test('two short certificates in a row are not taken for one another', async (t) => {
  const first = certificateFrom(0, 12_000)
  const both = after([1, seen(first)], [8_000, ISSUED], [8_001, seen(first)])
  t.equal(both.mayHoldUntil, 8_000 + UNSEEN_CERTIFICATE_MS)
})

t.test('the certificate of another Caddy is held as long as it lasts', async (t) => {
  const short = certificateFrom(70 * DAY_MS, 8 * DAY_MS)
  const at = 71 * DAY_MS
  const looks: readonly Step[] = [
    [1, seen(OLD)],
    [at, seen(short)],
    [at + 1, seen(short)],
    [at + 2, seen(short)],
  ]
  t.equal(after(...looks).mayHoldUntil, OLD.notAfter)
})

t.test('neither a failure nor an attempt makes less of what may be held', async (t) => {
  for (const news of [failed(), ISSUING, failed('held_back', 9)]) {
    t.equal(after([1, seen(OLD)], [2, news]).mayHoldUntil, OLD.notAfter)
    t.equal(after([1, ISSUED], [2, news]).mayHoldUntil, 1 + UNSEEN_CERTIFICATE_MS)
  }
})

t.test('older news changes nothing but until when one may be held', async (t) => {
  const now = 60 * DAY_MS + 5
  const known = after([now, failed()])
  const later = next(known, [60 * DAY_MS, ISSUED], now)
  t.same(later.facts, known.facts)
  t.equal(later.mayHoldUntil, 60 * DAY_MS + UNSEEN_CERTIFICATE_MS)
  t.equal(next(known, [1, seen(OLD)], now).mayHoldUntil, OLD.notAfter)
  t.same(next(known, [1, ISSUING], now), known)
  const sighted = after([now, seen(RENEWED)])
  t.same(next(sighted, [60 * DAY_MS, ISSUED], now), sighted, 'it was seen')
  t.same(next(sighted, [1, failed()], now), sighted)
})

t.test('no news is later than core hears of it', async (t) => {
  const now = 61 * DAY_MS
  for (const aheadMs of [0, 1, DAY_MS]) {
    const told = next(NOTHING, [now + aheadMs, ISSUED], now)
    t.match(told, {
      facts: { status: 'issued', checkedAt: now },
      mayHoldUntil: now + UNSEEN_CERTIFICATE_MS,
    })
    t.match(next(told, [now + 1, failed()]).facts, { status: 'failing', checkedAt: now + 1 })
  }
  const ends = next(NOTHING, [OLD.notAfter, seen(OLD)], OLD.notAfter - 1)
  t.match(ends.facts, { status: 'issued' }, "a certificate ends by core's clock")
})

t.test('what is said to be known since later than now makes no news older', async (t) => {
  const now = 61 * DAY_MS
  const ahead = after([now + DAY_MS, failed()])
  for (const [at, news, status] of [
    [now, ISSUED, 'issued'],
    [now - 1, seen(OLD), 'issued'],
    [now + 2 * DAY_MS, ISSUED, 'issued'],
    [now, ISSUING, 'failing'],
  ] as const) {
    const { facts } = next(ahead, [at, news], now)
    t.match(facts, { status, checkedAt: Math.min(at, now) }, `${news.kind} at ${at}`)
  }
  t.same(next(ahead, [now, ISSUED], now + DAY_MS).facts, ahead.facts, 'until that time has come')
})

t.test('who fails keeps failing until another certificate comes', async (t) => {
  const at = 65 * DAY_MS
  const failing = after([1, seen(OLD)], [at, failed('caa', at + 60)])
  t.match(failing.facts, { status: 'failing', nextAttemptAt: at + 60 })
  for (const news of [ISSUING, seen(OLD)]) {
    const later = next(failing, [at + 1, news])
    t.match(later.facts, { status: 'failing', error: failing.facts.error, checkedAt: at + 1 })
  }
  for (const news of [ISSUED, seen(RENEWED)]) {
    const later = next(failing, [at + 1, news])
    t.match(later.facts, { status: 'issued', error: undefined, nextAttemptAt: undefined })
  }
  const first = after([1, failed()], [2, seen(OLD)])
  t.match(first.facts, { status: 'issued', error: undefined }, 'the first one ends it as well')
})

t.test('a look at an older certificate does not hide the newer one', async (t) => {
  const at = RENEWED.notBefore + 1
  t.match(after([at, seen(RENEWED)], [at + 1, seen(OLD)]).facts, {
    status: 'issued',
    seen: RENEWED,
  })
})

t.test('a failure says until when visitors are served', async (t) => {
  const { error } = after([1, seen(OLD)], [2, failed()]).facts
  t.equal(
    error?.message,
    'Why. Visitors are served until 1970-04-01 00:00:00 UTC, when the certificate that is there ends.',
  )
  t.equal(after([1, failed()]).facts.error?.message, 'Why.', 'there is none')
  t.equal(after([1, seen(OLD)], [OLD.notAfter, failed()]).facts.error?.message, 'Why.', 'it ended')
  const long = failed('dns', undefined, 'x'.repeat(CERTIFICATE_MESSAGE_LENGTH_MAX))
  const { message } = after([1, seen(OLD)], [2, long]).facts.error ?? { message: '' }
  t.equal(message.length, CERTIFICATE_MESSAGE_LENGTH_MAX)
  t.match(message, /certificate that is there ends\.$/)
})

t.test('a certificate that ended is failing, with the cause if it is known', async (t) => {
  t.match(after([OLD.notAfter - 1, seen(OLD)]).facts, { status: 'issued' })
  t.match(after([OLD.notAfter, seen(OLD)]).facts, {
    status: 'failing',
    error: {
      code: 'renewal_overdue',
      message: /^The certificate ended at 1970-04-01 00:00:00 UTC/,
    },
  })
  t.match(after([1, failed('caa')], [OLD.notAfter, seen(OLD)]).facts, { error: { code: 'caa' } })
})

t.test('a late renewal says less than why it is late', async (t) => {
  const overdue = failed('renewal_overdue')
  t.match(after([1, failed('caa')], [2, overdue]).facts, { error: { code: 'caa' }, checkedAt: 2 })
  t.match(after([1, seen(OLD)], [2, overdue]).facts, { error: { code: 'renewal_overdue' } })
  t.match(after([1, overdue], [2, failed('caa')]).facts, { error: { code: 'caa' } })
  const bare = { facts: { ...NO_CERTIFICATE, status: 'failing' }, mayHoldUntil: undefined } as const
  const told = next(bare, [1, overdue])
  t.match(told.facts, { error: { code: 'renewal_overdue' } })
})

t.test('a hostname that waits for its slot is not failing', async (t) => {
  const held = after([1, failed('held_back', 50)])
  t.match(held.facts, { status: 'issuing', error: { code: 'held_back' }, nextAttemptAt: 50 })
  t.match(next(held, [50, ISSUING]).facts, {
    status: 'issuing',
    error: undefined,
    nextAttemptAt: undefined,
  })
  t.match(after([1, failed('dns')], [2, failed('held_back', 50)]).facts, {
    status: 'failing',
    error: { code: 'dns' },
    nextAttemptAt: 50,
  })
  t.match(after([1, seen(OLD)], [2, failed('held_back', 50)]).facts, {
    status: 'issued',
    error: undefined,
  })
})

t.test('what we saw of CAA ourselves says more than the CA', async (t) => {
  const { caa } = NO_OBSERVATIONS
  const forbids = {
    ...caa,
    state: 'forbids',
    message: 'CAA at example.com allows only digicert.com.',
  } as const
  t.match(withCaaWords(failed('caa'), { ...forbids, fix: 'Add 0 issue "x".' }), {
    error: {
      code: 'caa',
      message: 'CAA at example.com allows only digicert.com. Add 0 issue "x".',
    },
  })
  t.match(withCaaWords(failed('caa'), forbids), { error: { message: forbids.message } })
  t.same(withCaaWords(failed('caa'), caa), failed('caa'))
  t.same(withCaaWords(failed('dns'), forbids), failed('dns'))
  t.same(withCaaWords(ISSUED, forbids), ISSUED)
})

t.test('the first certificate, a failure and its end are told; a renewal is not', async (t) => {
  const turn = (...steps: readonly Step[]) =>
    certificateTurn(after(...steps.slice(0, -1)).facts, after(...steps).facts, 'a.test')
  const FIRST = { kind: 'issued', fact: 'certificate.issued:a.test:first' }
  t.match(turn([1, ISSUING], [2, ISSUED]), FIRST)
  t.match(turn([1, seen(OLD)]), FIRST)
  t.equal(turn([1, ISSUING]), undefined)
  t.equal(turn([1, ISSUED], [2, seen(OLD)]), undefined)
  t.equal(turn([1, seen(OLD)], [2, ISSUING]), undefined)
  t.equal(turn([1, seen(OLD)], [RENEWED.notBefore, seen(RENEWED)]), undefined)
  t.match(turn([1, ISSUING], [2, failed()]), {
    kind: 'failing',
    fact: 'certificate.failing:a.test:2',
    message: 'Why.',
  })
  t.equal(turn([1, failed()], [2, failed('caa')]), undefined)
  t.match(turn([1, failed()], [3, ISSUED]), {
    kind: 'issued',
    fact: 'certificate.issued:a.test:3',
    message: 'A certificate for a.test was issued again.',
  })
  const ended = [OLD.notAfter, ISSUING] as const
  t.equal(turn([1, seen(OLD)], ended, [OLD.notAfter + 1, ISSUED]), undefined)
  const bare = { ...NO_CERTIFICATE, status: 'failing' } as const
  t.match(certificateTurn(NO_CERTIFICATE, bare, 'a.test'), { kind: 'failing', message: '' })
})
