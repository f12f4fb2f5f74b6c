import t from 'tap'
import { parseCaaIssue, parseCaaRecord } from './caa-record.ts'

const RECORDS: readonly (readonly [
  text: string,
  isCritical: boolean,
  tag: string,
  value: string,
])[] = [
  ['0 issue "ca1.example.net"', false, 'issue', 'ca1.example.net'],
  ['0 issue ca1.example.net', false, 'issue', 'ca1.example.net'],
  ['0 issue ";"', false, 'issue', ';'],
  ['0 issue ""', false, 'issue', ''],
  ['0 IsSuE "x"', false, 'issue', 'x'],
  ['128 tbs "Unknown"', true, 'tbs', 'Unknown'],
  ['126 tbs "x"', false, 'tbs', 'x'],
  ['130 tbs "x"', true, 'tbs', 'x'],
  ['1 tbs "x"', true, 'tbs', 'x'],
  ['255 tbs "x"', true, 'tbs', 'x'],
  ['0  issue\t"a; b=c"', false, 'issue', 'a; b=c'],
  ['0 issue "a\\"b\\\\c\\059"', false, 'issue', 'a"b\\c;'],
  ['0 iodef "mailto:security@example.com"', false, 'iodef', 'mailto:security@example.com'],
]
for (const [text, isCritical, tag, value] of RECORDS) {
  t.test(`${text} is a record`, async (t) => {
    t.same(parseCaaRecord(text), { isCritical, tag, value })
  })
}

const NO_RECORDS = [
  '',
  '0',
  '0 issue',
  '256 issue "x"',
  '-1 issue "x"',
  'x issue "x"',
  '0 issue "x',
]
for (const text of [
  ...NO_RECORDS,
  '0 issue "x" y',
  '0 issue x y',
  '0 issue "x\\"',
  '0 "issue" "x"',
]) {
  t.test(`${JSON.stringify(text)} is no record`, async (t) => {
    t.equal(parseCaaRecord(text), undefined)
  })
}

const ISSUES: readonly (readonly [value: string, issuer: string, parameters?: object])[] = [
  ['ca1.example.net', 'ca1.example.net'],
  ['  CA1.Example.NET\t', 'ca1.example.net'],
  ['ca1.example.net;', 'ca1.example.net'],
  ['ca1.example.net ; ', 'ca1.example.net'],
  ['localhost', 'localhost'],
  ['', ''],
  [';', ''],
  [' ; ', ''],
  ['; account=230123', '', { account: ['230123'] }],
  ['ca1.example.net; account=230123', 'ca1.example.net', { account: ['230123'] }],
  ['ca1.example.net;a = 1;B=2', 'ca1.example.net', { a: ['1'], b: ['2'] }],
  ['ca1.example.net; a=1; A=2', 'ca1.example.net', { a: ['1', '2'] }],
  ['ca1.example.net; a=', 'ca1.example.net', { a: [''] }],
  ['ca1.example.net; a=b=c', 'ca1.example.net', { a: ['b=c'] }],
  // What follows breaks the grammar, and lets nobody issue.
  ['%%%%%', ''],
  ['ca1..example.net', ''],
  ['-ca1.example.net', ''],
  ['ca1.example.net.', ''],
  ['ca1.example.net account=1', ''],
  ['ca1.example.net; account', ''],
  ['ca1.example.net; =1', ''],
  ['ca1.example.net; a_b=1', ''],
  ['ca1.example.net; a=1 2', ''],
  ['ca1.example.net; a=\u00e9', ''],
  ['ca1.example.net; a=1;', ''],
  ['ca1.example.net;;', ''],
]
for (const [value, issuer, parameters = {}] of ISSUES) {
  t.test(`${JSON.stringify(value)} names ${issuer === '' ? 'nobody' : issuer}`, async (t) => {
    const issue = parseCaaIssue(value)
    t.equal(issue.issuer, issuer)
    t.same(Object.fromEntries(issue.parameters), parameters)
  })
}
