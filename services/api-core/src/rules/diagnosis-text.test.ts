import t from 'tap'
import { NOW, stagedDomain } from '../../test/staged-domain.ts'
import { diagnose } from './diagnosis.ts'
import { diagnosisText } from './diagnosis-text.ts'

const ABOUT = {
  hostname: 'links.example.com',
  status: 'pending_verification',
  statusSince: NOW,
  graceEndsAt: undefined,
  nextCheckAt: NOW + 5_000,
  nextAttemptAt: undefined,
}

t.test('a report is read in a terminal', async (t) => {
  const evidence = [
    {
      role: 'authority',
      server: '192.0.2.1:53',
      question: 'TXT _fingerpost-verify.links.example.com',
      outcome: 'NOERROR',
      values: ['evil\u001b[2Jvalue\u202e', 'plain'],
      ttlS: 300,
      at: NOW,
    },
    {
      role: 'probe',
      server: '192.0.2.7',
      question: 'GET http://links.example.com/',
      outcome: '404',
      values: [],
      ttlS: undefined,
      at: NOW,
    },
  ] as const
  const domain = stagedDomain({ evidence })
  const text = diagnosisText(diagnose(domain), { ...ABOUT, graceEndsAt: NOW, nextAttemptAt: NOW })
  t.match(text, /^"links\.example\.com" is not served, because its ownership is not proved;/)
  t.match(text, '\nstatus      pending_verification, since 2030-01-02 03:04:05 UTC\n')
  t.match(text, '\nlooked at   2030-01-02 03:04:04 UTC\n')
  t.match(text, '\nPROBLEM   ownership: The TXT record is missing\n')
  t.match(text, '\n          -> Publish this TXT record: name')
  t.match(text, '    TXT _fingerpost-verify.links.example.com: NOERROR, TTL 300 s\n')
  t.match(text, '      evil\\u{1b}[2Jvalue\\u{202e}\n      plain\n')
  t.match(text, '    GET http://links.example.com/: 404\n')
  // eslint-disable-next-line no-control-regex
  t.notMatch(text, /[\x00-\x09\x0b-\x1f\u202e]|[ ]\n/)
  for (const line of text.split('\n')) t.ok(line.length <= 96, line)
})

t.test('a report about what was never looked at says so', async (t) => {
  const never = { state: 'unknown', checkedAt: undefined } as const
  const domain = stagedDomain({ routing: never, ownership: never })
  const text = diagnosisText(diagnose(domain), { ...ABOUT, nextCheckAt: undefined })
  t.match(text, '\nlooked at   not yet\n')
  t.notMatch(text, /next look|Answers/)
})
