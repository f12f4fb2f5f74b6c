import t from 'tap'
import { FakeResolver } from '../dns/fake-resolver.ts'
import type { DnsAnswer } from '../rules/dns-answer.ts'
import { addressesOf } from './look-further.ts'

const NAME = 'www.example.com'
const NEVER = new AbortController().signal
const found = (...values: readonly string[]): DnsAnswer => ({ kind: 'found', values })
const NONE: DnsAnswer = { kind: 'no_data' }
const SERVFAIL: DnsAnswer = { kind: 'failed', failure: 'servfail' }

function lookUp(...answers: readonly (readonly [a: DnsAnswer, aaaa: DnsAnswer])[]) {
  const servers = answers.map(([a, aaaa], index) =>
    new FakeResolver(`192.0.2.${index}:53`).answers('A', NAME, a).answers('AAAA', NAME, aaaa),
  )
  return addressesOf(NAME, NEVER, servers)
}

t.test('the first server that knows addresses gives them', async (t) => {
  const both = [found('192.0.2.80'), found('2001:db8::80')] as const
  t.same(await lookUp([SERVFAIL, NONE], [NONE, NONE], both), ['192.0.2.80', '2001:db8::80'])
  t.same(await lookUp([found('192.0.2.80'), SERVFAIL]), ['192.0.2.80'])
})

t.test('that there is none is what most servers say for certain', async (t) => {
  t.same(await lookUp([NONE, NONE]), [])
  t.same(await lookUp([NONE, NONE], [{ kind: 'nxdomain' }, NONE], [SERVFAIL, SERVFAIL]), [])
  t.equal(await lookUp([NONE, NONE], [SERVFAIL, NONE]), undefined)
  t.equal(await lookUp([SERVFAIL, SERVFAIL]), undefined)
})
