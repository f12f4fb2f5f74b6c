import t from 'tap'
import { CERTIFICATE_MESSAGE_LENGTH_MAX } from '@fingerpost/model/certificate'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import type { LimitName } from './acme-budget.ts'
import { CA_WORDS_LENGTH_MAX, explainAcmeProblem, explainCaFailure } from './acme-error.ts'

const ABOUT = { hostname: nameOf('links.example.com'), acmeIssuer: 'letsencrypt.org' }
const RETRY_AT = Date.parse('2026-11-22T10:11:12Z')

function nameOf(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`${text} is no hostname.`)
  return hostname
}

const explain = (type: string, detail: string) =>
  explainAcmeProblem({ type: `urn:ietf:params:acme:error:${type}`, detail, subproblems: [] }, ABOUT)

// Details as Boulder (Let's Encrypt) and Pebble write them.
const CASES: readonly {
  readonly type: string
  readonly detail: string
  readonly code: string
  readonly says: RegExp
  readonly retryAt?: number
}[] = [
  {
    type: 'caa',
    detail: 'CAA record for example.com prevents issuance',
    code: 'caa',
    says: /^CAA at "example\.com" does not allow "letsencrypt\.org"\. Add a CAA record 0 issue "letsencrypt\.org" at "example\.com", beside/,
  },
  {
    type: 'caa',
    detail: 'While processing CAA for links.example.com: CAA record for com. prevents issuance',
    code: 'caa',
    says: /^CAA at "com" does not allow .* at "example\.com": it counts before the ones at "com"/,
  },
  {
    type: 'caa',
    detail: 'CAA record for links.example.com prevents issuance',
    code: 'caa',
    says: /If "links\.example\.com" is a CNAME, they stand where it leads: tell the operator/,
  },
  {
    type: 'caa',
    detail:
      'Error finalizing order :: Rechecking CAA for "links.example.com" and 0 more identifiers failed. Refer to sub-problems for more information',
    code: 'caa',
    says: /The CAA records that answer for "links\.example\.com" do not allow "letsencrypt\.org"/,
  },
  {
    type: 'dns',
    detail:
      'DNS problem: NXDOMAIN looking up A for links.example.com - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for links.example.com - check that a DNS record exists for this domain',
    code: 'dns',
    says: /^The CA could not find the addresses of "links\.example\.com" in DNS/,
  },
  {
    type: 'dns',
    detail:
      'no valid A records found for links.example.com; no valid AAAA records found for links.example.com',
    code: 'dns',
    says: /could not find the addresses/,
  },
  {
    type: 'dns',
    detail:
      "DNS problem: SERVFAIL looking up CAA for example.com - the domain's nameservers may be malfunctioning",
    code: 'dns',
    says: /could not look up the CAA records.*an empty answer is enough/,
  },
  {
    type: 'dns',
    detail: 'DNS problem: looking up A for links.example.com: DNSSEC: Bogus',
    code: 'dns',
    says: /DNSSEC signatures/,
  },
  {
    type: 'connection',
    detail:
      'Get "http://links.example.com:5002/.well-known/acme-challenge/x": could not resolve URL "http://links.example.com:5002/.well-known/acme-challenge/x"',
    code: 'dns',
    says: /could not find the addresses/,
  },
  {
    type: 'connection',
    detail:
      '203.0.113.10: Fetching http://links.example.com/.well-known/acme-challenge/x: Timeout during connect (likely firewall problem)',
    code: 'connection',
    says: /on port 80 at 203\.0\.113\.10: nothing answered in time\. .*No firewall/,
  },
  {
    type: 'connection',
    detail:
      'During secondary validation: 2001:db8::5: Fetching http://links.example.com/.well-known/acme-challenge/x: Connection refused',
    code: 'connection',
    says: /at 2001:db8::5: the connection was refused\./,
  },
  {
    type: 'connection',
    detail:
      'Get "http://links.example.com:80/x": dial tcp [2001:db8::5]:80: connect: network is unreachable',
    code: 'connection',
    says: /at 2001:db8::5: there is no way to that network\./,
  },
  {
    type: 'connection',
    detail:
      '203.0.113.10: Fetching http://links.example.com/.well-known/acme-challenge/x: Connection reset by peer',
    code: 'connection',
    says: /the connection was cut\./,
  },
  {
    type: 'connection',
    detail: 'Error getting validation data',
    code: 'connection',
    says: /^The CA could not reach "links\.example\.com" on port 80\. Make sure/,
  },
  {
    type: 'unauthorized',
    detail:
      '203.0.113.10: Invalid response from http://links.example.com/.well-known/acme-challenge/x: 404',
    code: 'unauthorized',
    says: /^Something else answered at "links\.example\.com" \(203\.0\.113\.10\) when/,
  },
  {
    type: 'unauthorized',
    detail:
      'Invalid response from https://links.example.com/x [2001:db8::5]: "<!DOCTYPE html>\\n<html>"',
    code: 'unauthorized',
    says: /\(2001:db8::5\) when .*The CA says: "Invalid response .*'<!DOCTYPE html>/,
  },
  {
    type: 'incorrectResponse',
    detail: 'The key authorization file from the server did not match this challenge.',
    code: 'unauthorized',
    says: /^Something else answered at "links\.example\.com" when .*this challenge"\.$/,
  },
  {
    type: 'rateLimited',
    detail:
      'too many certificates (50) already issued for "example.com" in the last 168h0m0s, retry after 2026-11-22 10:11:12 UTC: see https://letsencrypt.org/docs/rate-limits/',
    code: 'rate_limited',
    says: /is tried again after 2026-11-22 10:11:12 UTC\./,
    retryAt: RETRY_AT,
  },
  {
    type: 'rateLimited',
    detail:
      'too many failed authorizations (5) for "links.example.com" in the last 1h0m0s, retry after 2026-11-22T10:11:12Z',
    code: 'rate_limited',
    says: /Make sure that its DNS leads here\. It is tried again after 2026-11-22 10:11:12 UTC\./,
    retryAt: RETRY_AT,
  },
  {
    type: 'rateLimited',
    detail: 'Service busy; retry later.',
    code: 'rate_limited',
    says: /is tried again later\. The CA says: "Service busy; retry later"\.$/,
  },
  {
    type: 'rateLimited',
    detail: 'too many new orders, retry after 2026-99-99 10:11:12 UTC',
    code: 'rate_limited',
    says: /is tried again later\./,
  },
  {
    type: 'rateLimited',
    detail:
      'Your account is temporarily prevented from requesting certificates for links.example.com and possibly others. Please visit: https://portal.letsencrypt.org/sfe/v1/unpause?jwt=aaa.bbb.ccc',
    code: 'rate_limited',
    says: /^The CA has paused "links\.example\.com" .*unpause\?jwt=…"\.$/,
  },
  {
    type: 'rejectedIdentifier',
    detail:
      'Cannot issue for "links.example.com": The ACME server refuses to issue a certificate for this domain name, because it is forbidden by policy',
    code: 'rejected_identifier',
    says: /^The CA issues no certificates for "links\.example\.com", by its own policy\./,
  },
  {
    type: 'unsupportedIdentifier',
    detail: 'x',
    code: 'rejected_identifier',
    says: /by its own policy/,
  },
  { type: 'tls', detail: 'remote error', code: 'unknown', says: /could not make a TLS connection/ },
  {
    type: 'accountDoesNotExist',
    detail: 'unable to find existing account for only-return-existing request',
    code: 'unknown',
    says: /does not know the ACME account.*for the operator/,
  },
  {
    type: 'badNonce',
    detail: 'JWS has an invalid anti-replay nonce',
    code: 'unknown',
    says: /nonces/,
  },
  { type: 'serverInternal', detail: 'x', code: 'unknown', says: /trouble of its own/ },
  {
    type: 'somethingNew',
    detail: 'odd',
    code: 'unknown',
    says: /^The CA refused a certificate for "links\.example\.com"\. Tell .* The CA says: "odd"\.$/,
  },
  {
    type: 'somethingNew',
    detail: ' ',
    code: 'unknown',
    says: /Tell the operator of this server\.$/,
  },
]

for (const { type, detail, code, says, retryAt } of CASES) {
  t.test(`${type} "${detail.slice(0, 60)}" is ${code}, with what to do`, async (t) => {
    const { error, retryAt: told } = explain(type, detail)
    t.equal(error.code, code)
    t.match(error.message, says)
    t.equal(told, retryAt)
  })
}

t.test('a type is known without its prefix as well', async (t) => {
  const problem = { type: 'caa', detail: '', subproblems: [] }
  t.equal(explainAcmeProblem(problem, ABOUT).error.code, 'caa')
})

t.test('the advice about CAA never puts a record beside a CNAME', async (t) => {
  const { message } = explain('caa', 'CAA record for links.example.com prevents issuance').error
  t.notMatch(message, /at "links\.example\.com", beside/)
  const deep = { ...ABOUT, hostname: nameOf('a.links.example.com') }
  const detail = 'CAA record for links.example.com prevents issuance'
  const above = explainAcmeProblem({ type: 'caa', detail, subproblems: [] }, deep).error.message
  t.match(above, 'If "links.example.com" is a CNAME, they stand where it leads')
})

t.test('CAA at the top of a zone stands there itself: nothing is said of a CNAME', async (t) => {
  const about = { ...ABOUT, hostname: nameOf('example.com') }
  const detail = 'CAA record for example.com prevents issuance'
  const { message } = explainAcmeProblem({ type: 'caa', detail, subproblems: [] }, about).error
  t.match(message, /^CAA at "example\.com" does not allow .* at "example\.com", beside/)
  t.notMatch(message, 'CNAME')
})

t.test("the CA's words are bounded, in quotes, and without what cannot be seen", async (t) => {
  const hostile = `a\u0000\u001b[31m\u202e "quoted"\n\tend ${'x'.repeat(5_000)}\ud800`
  const { message } = explain('unauthorized', hostile).error
  t.match(message, /The CA says: "a \[31m 'quoted' end x+…"\.$/)
  t.ok(message.length < 300 + CA_WORDS_LENGTH_MAX)
  t.notMatch(message, /[\p{Cc}\p{Cf}\p{Cs}]/u)
})

t.test('a message is never longer than what api-core takes', async (t) => {
  const long = nameOf(
    `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.test`,
  )
  const problem = { type: 'caa', detail: 'x'.repeat(2_000), subproblems: [] }
  const { error } = explainAcmeProblem(problem, { ...ABOUT, hostname: long })
  t.equal(error.message.length, CERTIFICATE_MESSAGE_LENGTH_MAX)
})

t.test(
  'what failed before the CA judged it is unknown, and carries what was reported',
  async (t) => {
    t.same(explainCaFailure('EOF', ABOUT), {
      code: 'unknown',
      message:
        'The attempt to get a certificate for "links.example.com" failed before the CA had judged ' +
        `it. It is tried again without anybody's help. Reported: "EOF".`,
    })
  },
)

t.test('the limit that the CA says is reached is told apart', async (t) => {
  const said: readonly (readonly [string, LimitName | undefined])[] = [
    ['too many new orders (300) from this account in the last 3h0m0s, retry after …', 'account'],
    ['too many failed authorizations (5) for "a.test" in the last 1h0m0s', 'failed_validations'],
    ['too many certificates (5) already issued for this exact set of identifiers', 'hostname'],
    ['too many certificates (50) already issued for "example.com"', 'registrable_domain'],
    ['too many new registrations (10) from this IP address in the last 3h0m0s', undefined],
    ['Service busy; retry later.', undefined],
  ]
  for (const [detail, limit] of said) t.equal(explain('rateLimited', detail).limit, limit, detail)
  t.equal(explain('unauthorized', said[0]?.[0] ?? '').limit, undefined)
})

t.test('the problem of the hostname itself counts before those of others', async (t) => {
  const sub = (identifier: string, type: string) => ({ identifier, type, detail: '' })
  const problem = { type: 'compound', detail: 'several' }
  const codeOf = (...subproblems: readonly ReturnType<typeof sub>[]) =>
    explainAcmeProblem({ ...problem, subproblems }, ABOUT).error.code
  t.equal(codeOf(sub('other.test', 'dns'), sub('links.example.com', 'caa')), 'caa')
  t.equal(codeOf(sub('other.test', 'dns')), 'dns')
  t.equal(codeOf(), 'unknown')
})
