import t from 'tap'
import { NOTICE_EVENTS } from '@fingerpost/model/notice'
import { mailText, MESSAGE_LENGTH_MAX, SUBJECT_LENGTH_MAX } from './mail-text.ts'

const NOTICE = {
  event: 'domain.degraded',
  noticeId: 'ntc_1',
  hostname: 'links.example.com',
  message: '"links.example.com" does not lead here any more.',
  graceEndsAt: '2026-01-08T00:00:00.000Z',
} as const

t.test('a mail says what happened, what to do and until when', async (t) => {
  t.same(mailText(NOTICE), {
    subject: 'Does not lead here any more: links.example.com',
    text: [
      'What happened: "links.example.com" does not lead here any more.',
      '',
      'What to do: Make the DNS records of the hostname lead here again, as the domain shows ' +
        'them. It is seen within minutes, and everything goes on by itself.',
      '',
      'Until: 2026-01-08T00:00:00.000Z',
      '',
      '-- ',
      'Notice ntc_1 of Fingerpost. You get it because this',
      'address is a notice recipient of a workspace; who looks after the workspace can remove it.',
      '',
    ].join('\n'),
  })
})

t.test('every event has a mail of its own', async (t) => {
  const subjects = NOTICE_EVENTS.map((event) => mailText({ ...NOTICE, event }).subject)
  t.equal(new Set(subjects).size, NOTICE_EVENTS.length)
})

t.test('a takeover is told to both sides, by a subject that is true for either', async (t) => {
  const { subject } = mailText({ ...NOTICE, event: 'domain.ownership_changed' })
  t.equal(subject, 'Moved from one workspace to another: links.example.com')
})

t.test('a notice about no domain, without an end, leaves both out', async (t) => {
  const plain = { ...NOTICE, hostname: undefined, graceEndsAt: undefined }
  const { subject, text } = mailText({ ...plain, event: 'webhook.disabled' })
  t.equal(subject, 'Webhook disabled')
  t.notMatch(text, /Until/)
})

t.test('what others have written makes no header and no line', async (t) => {
  const evil = 'a\r\nBcc: x@example.com\u2028\u2029\u0000\u202eb\ud800'
  const { subject, text } = mailText({ ...NOTICE, hostname: evil, message: evil, noticeId: evil })
  t.equal(subject, 'Does not lead here any more: a Bcc: x@example.com b\ufffd')
  t.notMatch(text, /^Bcc/m)
  t.equal(text.split('\n').length, 10)
  t.notOk(Array.from('\r\u2028\u2029\u0000\u202e').some((sign) => text.includes(sign)))
})

t.test('subject and message are bounded, without half a character', async (t) => {
  const long = '\u{1f600}'.repeat(5_000)
  for (const message of [long, `x${long}`]) {
    const mail = mailText({ ...NOTICE, hostname: message, message })
    t.equal(mail.subject.length, SUBJECT_LENGTH_MAX)
    t.ok(mail.text.length < MESSAGE_LENGTH_MAX + 600)
    t.ok(mail.subject.isWellFormed())
    t.ok(mail.text.isWellFormed())
  }
})
