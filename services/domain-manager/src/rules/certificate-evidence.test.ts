import t from 'tap'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { caEvidence, handshakeEvidence } from './certificate-evidence.ts'

const NAME = canonicalHostname('links.acme.com')
if (NAME === undefined) throw new Error('no hostname')
const TYPE = 'urn:ietf:params:acme:error:caa'
const ASKED = { hostname: NAME, ca: 'ca.test', what: 'order', at: 9 } as const
const about = (identifier: string) => ({ type: TYPE, detail: `about ${identifier}`, identifier })

t.test('a certificate that was presented is told by what it says of itself', async (t) => {
  const notBefore = Date.UTC(2030, 0, 2, 3, 4, 5)
  const seen = { issuer: 'R11\u202e', keyType: 'P-256', notBefore, notAfter: NaN }
  t.same(handshakeEvidence(seen, { hostname: NAME, server: '127.0.0.1:443', at: 9 }), {
    role: 'handshake',
    server: '127.0.0.1:443',
    question: 'TLS links.acme.com',
    outcome: 'certificate',
    values: [
      'issuer=R11\\226\\128\\174',
      'key_type=P-256',
      'not_before=2030-01-02T03:04:05.000Z',
      'not_after=unreadable',
    ],
    ttlS: undefined,
    at: 9,
  })
})

t.test(
  'a problem is told by its type as it came, with what it says of this name alone',
  async (t) => {
    const problem = {
      type: TYPE,
      detail: 'Several.',
      subproblems: [about('other.test'), about(NAME)],
    }
    t.same(caEvidence({ kind: 'problem', problem }, ASKED), {
      role: 'acme',
      server: 'ca.test',
      question: 'order links.acme.com',
      outcome: TYPE,
      values: ['Several.', `${TYPE} links.acme.com: about links.acme.com`],
      ttlS: undefined,
      at: 9,
    })
    const unnamed = { ...problem, detail: '', subproblems: [{ ...about(''), detail: 'No.' }] }
    const { values } = caEvidence({ kind: 'problem', problem: unnamed }, ASKED)
    t.same(values, [`${TYPE}: No.`])
    const bare = { type: '', detail: '', subproblems: [] }
    t.match(caEvidence({ kind: 'problem', problem: bare }, ASKED), {
      outcome: 'failed',
      values: [],
    })
  },
)

t.test('nothing that cannot be seen, no key and nothing endless gets through', async (t) => {
  const hostile = `a\r\nb\u200b${'ü'.repeat(9_000)}`
  const problem = { type: hostile, detail: hostile, subproblems: [] }
  const { server, question, outcome, values } = caEvidence(
    { kind: 'problem', problem },
    { ...ASKED, ca: hostile, what: hostile },
  )
  for (const text of [server, question, outcome, ...values]) {
    t.match(text, /^a\\013\\010b\\226\\128\\139ü+$/)
    t.ok(Buffer.byteLength(text) <= 512)
  }
  const text = 'paused: see https://ca.test/sfe/v1/unpause?jwt=eyJh.bGc "now"'
  t.match(caEvidence({ kind: 'failed', text }, { ...ASKED, ca: undefined }), {
    server: 'caddy',
    outcome: 'failed',
    values: ['paused: see https://ca.test/sfe/v1/unpause?jwt=… "now"'],
  })
})
