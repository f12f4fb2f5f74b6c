import t from 'tap'
import type { DnsAnswer } from './dns-answer.ts'
import { keptUntilOf, propagationAt } from './propagation.ts'

const answer = (ttlS: number | undefined, at: number): DnsAnswer => ({
  kind: 'no_data',
  details: {
    rcode: 'NOERROR',
    isAuthoritative: false,
    chain: [],
    records: [],
    ttlS,
    soaOwner: undefined,
    at,
  },
})

t.test('a look is kept as long as the longest of its answers', async (t) => {
  t.equal(keptUntilOf([answer(60, 1_000), answer(30, 2_000)]), 61_000)
  t.equal(keptUntilOf([answer(0, 1_000)]), 1_000)
  t.equal(keptUntilOf([answer(60, 1_000), answer(undefined, 1_000)]), undefined)
  t.equal(keptUntilOf([{ kind: 'nxdomain' }]), undefined)
  t.equal(keptUntilOf([answer(60, 1_000), { kind: 'failed', failure: 'timeout' }]), 61_000)
  t.equal(keptUntilOf([]), undefined)
})

t.test('nothing is under way when no server holds an older answer', async (t) => {
  t.equal(propagationAt([]), undefined)
  t.same(
    propagationAt([
      { server: 'a', keptUntil: 1 },
      { server: 'b', keptUntil: 2 },
    ]),
    {
      until: 2,
      servers: ['a', 'b'],
    },
  )
  t.equal(propagationAt([{ server: 'a', keptUntil: 1 }, { server: 'b' }])?.until, undefined)
  const zone = { server: 'ns', keptUntil: 1, isAuthority: true }
  t.equal(propagationAt([zone])?.until, undefined, 'a zone holds it until it is changed there')
})
