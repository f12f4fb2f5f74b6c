import t from 'tap'
import { caaNames, evaluateCaa, type CaaSet, type CaaVerdict } from './caa.ts'

const HOSTNAME = 'links.example.com'
const ACCOUNT = 'https://acme.example/acct/1'
const POLICY = { issuer: 'ca.example', accountUri: ACCOUNT }

function at(name: string, values: readonly string[], standsAt = name): CaaSet {
  return { name, found: { kind: 'records', values, standsAt } }
}

/** The verdict when only the hostname has records. */
function own(values: readonly string[], policy = POLICY): CaaVerdict {
  return evaluateCaa([at(HOSTNAME, values), at('example.com', []), at('com', [])], policy)
}

t.test('the names climb from the hostname to its top-level domain', async (t) => {
  t.same(caaNames(HOSTNAME), [HOSTNAME, 'example.com', 'com'])
})

type Obstacle = Extract<CaaVerdict, { kind: 'forbidden' }>['obstacle']['kind']

const CASES: readonly (readonly [
  when: string,
  then: 'allowed' | 'unknown' | Obstacle,
  values: readonly string[],
])[] = [
  ['our CA alone', 'allowed', ['0 issue "ca.example"']],
  ['our CA in capitals', 'allowed', ['0 ISSUE "CA.Example"']],
  ['several, ours among them', 'allowed', ['0 issue "other.example"', '0 issue "ca.example"']],
  ['our CA beside a prohibition', 'allowed', ['0 issue ";"', '0 issue "ca.example"']],
  ['a parameter that is not known', 'allowed', ['0 issue "ca.example; policy=ev"']],
  ['only a place for reports', 'allowed', ['0 iodef "mailto:security@example.com"']],
  ['only an unknown tag', 'allowed', ['0 tbs "Unknown"']],
  ['only wildcards for another', 'allowed', ['0 issuewild "other.example"']],
  ['a prohibition of wildcards', 'allowed', ['0 issue "ca.example"', '0 issuewild ";"']],
  ['a known tag that is critical', 'allowed', ['128 issue "ca.example"', '128 iodef "x"']],
  ['a reserved flag on an unknown tag', 'allowed', ['2 dummy "test"', '0 issue "ca.example"']],
  ['nobody', 'issuer_not_listed', ['0 issue ";"']],
  ['an empty value', 'issuer_not_listed', ['0 issue ""']],
  ['another CA', 'issuer_not_listed', ['0 issue "other.example"']],
  ['another CA, tag in capitals', 'issuer_not_listed', ['0 ISSUE "other.example"']],
  ['another CA, tag in mixed case', 'issuer_not_listed', ['0 IsSuE "other.example"']],
  ['a name under our CA', 'issuer_not_listed', ['0 issue "x.ca.example"']],
  ['our CA for wildcards only', 'issuer_not_listed', ['0 issue ";"', '0 issuewild "ca.example"']],
  ['a value against the grammar', 'issuer_not_listed', ['0 issue "ca.example policy=ev"']],
  ['markup for a value', 'issuer_not_listed', ['0 issue "<script>alert(1)</script>"']],
  ['a thousand others', 'issuer_not_listed', Array<string>(1_001).fill('0 issue "other.example"')],
  ['an unknown critical tag', 'unknown_critical_tag', ['128 tbs "x"', '0 issue "ca.example"']],
  ['the same with another flag', 'unknown_critical_tag', ['130 tbs "x"']],
  [
    'the same with the flag of those who count from the other end',
    'unknown_critical_tag',
    ['1 tbs "x"'],
  ],
  ['a record that cannot be read', 'unknown', ['issue ca.example', '0 issue "ca.example"']],
  ['our account', 'allowed', [`0 issue "ca.example; accounturi=${ACCOUNT}"`]],
  ['another account', 'account_not_listed', [`0 issue "ca.example; accounturi=${ACCOUNT}2"`]],
  ['an account in other case', 'account_not_listed', ['0 issue "ca.example; accounturi=HTTPS:x"']],
  [
    'our account twice',
    'account_not_listed',
    [`0 issue "ca.example; accounturi=${ACCOUNT}; accounturi=${ACCOUNT}"`],
  ],
  [
    'two accounts in two records',
    'allowed',
    ['0 issue "ca.example; accounturi=x"', `0 issue "ca.example; accounturi=${ACCOUNT}"`],
  ],
  ['our method', 'allowed', ['0 issue "ca.example; validationmethods=http-01"']],
  ['our method among others', 'allowed', ['0 issue "ca.example;validationmethods=dns-01,http-01"']],
  ['a made-up method beside ours', 'allowed', ['0 issue "ca.example;validationmethods=x,http-01"']],
  ['another method', 'method_not_listed', ['0 issue "ca.example; validationmethods=dns-01"']],
  [
    'our method as a part',
    'method_not_listed',
    ['0 issue "ca.example; validationmethods=http-011"'],
  ],
  ['no method', 'method_not_listed', ['0 issue "ca.example; validationmethods="']],
  ['an empty method', 'method_not_listed', ['0 issue "ca.example; validationmethods=http-01,"']],
  ['a bad method', 'method_not_listed', ['0 issue "ca.example; validationmethods=http-01,a_b"']],
  [
    'methods given twice',
    'method_not_listed',
    ['0 issue "ca.example; validationmethods=http-01; validationmethods=http-01"'],
  ],
  [
    'account and method of two records',
    'method_not_listed',
    [`0 issue "ca.example; accounturi=${ACCOUNT}; validationmethods=dns-01"`],
  ],
]
for (const [when, then, values] of CASES) {
  t.test(`CAA with ${when}: ${then}`, async (t) => {
    const verdict = own(values)
    t.equal(verdict.kind === 'forbidden' ? verdict.obstacle.kind : verdict.kind, then)
  })
}

t.test('those who may issue are named once, and nobody is not among them', async (t) => {
  t.match(own(['0 issue "b.example"', '0 issue ";"', '0 issue "B.example; a=b"']), {
    obstacle: { kind: 'issuer_not_listed', issuers: ['b.example'] },
  })
})

t.test('an account that may be ours cannot be told', async (t) => {
  const policy = { issuer: 'ca.example', accountUri: undefined }
  const named = `0 issue "ca.example; accounturi=${ACCOUNT}"`
  t.match(evaluateCaa([at(HOSTNAME, [named])], policy), { kind: 'unknown', name: HOSTNAME })
  const open = evaluateCaa([at(HOSTNAME, [named, '0 issue "ca.example"'])], policy)
  t.equal(open.kind, 'allowed')
  const twice = `0 issue "ca.example; accounturi=${ACCOUNT}; accounturi=${ACCOUNT}"`
  t.equal(evaluateCaa([at(HOSTNAME, [twice])], policy).kind, 'forbidden')
})

const FAILED: CaaSet['found'] = { kind: 'failed', cause: 'SERVFAIL' }
const OURS = ['0 issue "ca.example"']
const OTHERS = ['0 issue "other.example"']
const CLIMBS: readonly (readonly [when: string, climb: readonly CaaSet[], then: object])[] = [
  ['no record anywhere', [at(HOSTNAME, []), at('com', [])], { kind: 'allowed', place: undefined }],
  [
    'a parent forbids',
    [at(HOSTNAME, []), at('example.com', OTHERS)],
    { kind: 'forbidden', place: { name: 'example.com', standsAt: 'example.com' } },
  ],
  [
    'the hostname allows what its parent forbids',
    [at(HOSTNAME, OURS), at('example.com', OTHERS)],
    { kind: 'allowed', place: { name: HOSTNAME } },
  ],
  [
    'the hostname forbids what its parent allows',
    [at(HOSTNAME, OTHERS), at('example.com', OURS)],
    { kind: 'forbidden', place: { name: HOSTNAME } },
  ],
  [
    'a set without any issuer hides that of the parent',
    [at(HOSTNAME, ['0 iodef "x"']), at('example.com', OTHERS)],
    { kind: 'allowed', place: { name: HOSTNAME } },
  ],
  [
    'the target of the CNAME forbids',
    [at(HOSTNAME, OTHERS, 'edge.example.net'), at('example.com', OURS)],
    { kind: 'forbidden', place: { name: HOSTNAME, standsAt: 'edge.example.net' } },
  ],
  [
    'a parent that is a CNAME forbids',
    [at(HOSTNAME, []), at('example.com', OTHERS, 'x.example.org')],
    { kind: 'forbidden', place: { name: 'example.com', standsAt: 'x.example.org' } },
  ],
  [
    'the hostname cannot be told',
    [{ name: HOSTNAME, found: FAILED }, at('example.com', OTHERS)],
    { kind: 'unknown', name: HOSTNAME, cause: 'SERVFAIL' },
  ],
  [
    'a parent cannot be told',
    [at(HOSTNAME, []), { name: 'example.com', found: FAILED }],
    { kind: 'unknown', name: 'example.com' },
  ],
  [
    'what lies behind the decision cannot be told',
    [at(HOSTNAME, OURS), { name: 'example.com', found: FAILED }],
    { kind: 'allowed' },
  ],
]
for (const [when, climb, then] of CLIMBS) {
  t.test(`CAA: ${when}`, async (t) => t.match(evaluateCaa(climb, POLICY), then))
}
