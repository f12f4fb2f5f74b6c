import { NEVER_LOOKED_AT } from '@fingerpost/model/domain-check'
import t from 'tap'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { cnameTarget, domainRecords } from './domain-records.ts'

const hostname = canonicalHostname('links.example.com')
const unseen = NEVER_LOOKED_AT

t.test('a domain needs a CNAME to its own target and a TXT beside its hostname', async (t) => {
  if (hostname === undefined) throw new Error('The hostname is none.')
  const records = domainRecords(
    {
      hostname,
      cnameLabel: 'abc',
      verificationToken: 'fp-token',
      observations: { routing: unseen, ownership: { ...unseen, state: 'wrong', found: ['x'] } },
    },
    { publicTarget: 'edge.example.net', txtPrefix: '_prove' },
  )
  t.same(records, {
    routing: {
      type: 'CNAME',
      name: 'links.example.com',
      value: 'abc.edge.example.net',
      observation: unseen,
    },
    ownership: {
      type: 'TXT',
      name: '_prove.links.example.com',
      value: 'fp-token',
      observation: { ...unseen, state: 'wrong', found: ['x'] },
    },
  })
})

t.test('a placeholder stands in for a target that is not set', async (t) => {
  t.equal(cnameTarget('abc', { publicTarget: undefined }), 'abc.edge.localhost')
})
