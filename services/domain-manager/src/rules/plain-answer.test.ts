import t from 'tap'
import { answerPlain, type PlainAnswer, type PlainQuestion } from './plain-answer.ts'

const NOW = 1_000
const KNOWN = { status: 'active', certificate: 'none', mayHoldUntil: undefined } as const
const QUESTION: PlainQuestion = {
  known: KNOWN,
  heldByLogUntil: undefined,
  isLoaded: true,
  hasCertificateNews: true,
  isLocal: false,
}

const CASES: readonly (readonly [string, Partial<PlainQuestion>, PlainAnswer])[] = [
  ['nothing was ever read', { isLoaded: false, known: undefined }, 'redirect'],
  ['nobody has it', { known: undefined }, 'unknown_hostname'],
  [
    'its ownership is not proved',
    { known: { ...KNOWN, status: 'pending_verification' } },
    'awaiting_records',
  ],
  ['it is suspended', { known: { ...KNOWN, status: 'suspended' } }, 'suspended'],
  [
    'it is suspended and has a certificate',
    { known: { status: 'suspended', certificate: 'issued', mayHoldUntil: NOW + 1 } },
    'suspended',
  ],
  ['it has a certificate', { known: { ...KNOWN, certificate: 'issued' } }, 'redirect'],
  [
    'the first one is obtained',
    { known: { ...KNOWN, certificate: 'issuing' } },
    'awaiting_certificate',
  ],
  ['it is refused', { known: { ...KNOWN, certificate: 'failing' } }, 'certificate_failing'],
  [
    'a renewal is refused',
    { known: { ...KNOWN, certificate: 'failing', mayHoldUntil: NOW + 1 } },
    'redirect',
  ],
  [
    'a renewal is refused of one that nobody has seen',
    { known: { ...KNOWN, certificate: 'failing' }, heldByLogUntil: NOW + 1 },
    'redirect',
  ],
  [
    'what the log told of has expired',
    { known: { ...KNOWN, certificate: 'failing' }, heldByLogUntil: NOW },
    'certificate_failing',
  ],
  [
    'the last one has expired',
    { known: { ...KNOWN, certificate: 'failing', mayHoldUntil: NOW } },
    'certificate_failing',
  ],
  ['it is active, and there is no news of it', {}, 'redirect'],
  [
    'it is degraded, and there is no news of it',
    { known: { ...KNOWN, status: 'degraded' } },
    'redirect',
  ],
  [
    'it is verified, and there is no news of it',
    { known: { ...KNOWN, status: 'verified' } },
    'awaiting_certificate',
  ],
  [
    'it is verified, and there is no news of any',
    { known: { ...KNOWN, status: 'verified' }, hasCertificateNews: false },
    'redirect',
  ],
  [
    'it is a name of this machine',
    { known: { ...KNOWN, certificate: 'failing' }, isLocal: true },
    'redirect',
  ],
]

for (const [when, question, answer] of CASES) {
  t.test(`plain HTTP: ${when}: ${answer}`, async (t) => {
    t.equal(answerPlain({ ...QUESTION, ...question }, NOW), answer)
  })
}
