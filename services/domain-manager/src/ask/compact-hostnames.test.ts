import * as fc from 'fast-check'
import t from 'tap'
import { CERTIFICATE_STATUSES } from '@fingerpost/model/certificate'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { emptyList, name } from '../../test/hostname-list.ts'
import type { KnownHostname } from './compact-hostnames.ts'
import { HostnameTable } from './hostname-table.ts'

const ACTIVE: KnownHostname = { status: 'active', certificate: 'none', mayHoldUntil: undefined }

const arbitraryKnown = fc.record(
  {
    status: fc.constantFrom(...DOMAIN_STATUS_NAMES),
    certificate: fc.constantFrom(...CERTIFICATE_STATUSES),
    mayHoldUntil: fc.option(
      fc.integer({ min: 1, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
      { nil: undefined },
    ),
  },
  { noNullPrototype: true },
)

t.test('it says what a map of texts would say', async (t) => {
  const step = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.option(arbitraryKnown))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const compact = emptyList()
      const plain = new Map<string, KnownHostname>()
      for (const [index, known] of steps) {
        const hostname = name(`n${index}.example.com`)
        compact.set(hostname, known ?? undefined)
        if (known === null) plain.delete(hostname)
        else plain.set(hostname, known)
      }
      t.strictSame(new Map(compact.entries()), plain)
      t.equal(compact.size, plain.size)
      t.equal(
        Object.values(compact.counts).reduce((sum, count) => sum + count, 0),
        plain.size,
      )
      for (let index = 0; index <= 30; index += 1) {
        const hostname = name(`n${index}.example.com`)
        t.strictSame(compact.get(hostname), plain.get(hostname))
      }
    }),
    { numRuns: 50 },
  )
})

t.test('it grows as far as it has to, with names of every length', async (t) => {
  const hostnames = emptyList()
  const names = Array.from({ length: 20_000 }, (_, index) =>
    name(`${'x'.repeat(1 + (index % 60))}.n${index}.example.com`),
  )
  for (const hostname of names) hostnames.set(hostname, ACTIVE)
  t.equal(hostnames.size, names.length)
  t.ok(names.every((hostname) => hostnames.get(hostname)?.status === 'active'))
  t.equal(hostnames.get(name('n1.example.com')), undefined)
  t.equal(hostnames.counts.active, names.length)
})

t.test('an end within a second is kept as the whole second after it', async (t) => {
  const hostnames = emptyList()
  hostnames.set(name('a.example.com'), { ...ACTIVE, mayHoldUntil: 1_001 })
  t.equal(hostnames.get(name('a.example.com'))?.mayHoldUntil, 2_000)
})

t.test(
  'an end beyond what can be kept is the last one that can, and never an early one',
  async (t) => {
    const table = new HostnameTable(7)
    const hostname = name('a.example.com')
    const state = { ...ACTIVE, hostname, mayHoldUntil: Date.UTC(2126, 0, 1) }
    table.apply(state)
    t.equal(table.get(hostname)?.mayHoldUntil, (2 ** 32 - 1) * 1_000)
    const { revision } = table
    table.apply(state)
    t.equal(table.revision, revision, 'the same is no change')
  },
)

t.test('a hostname that comes back during a walk is seen once at most', async (t) => {
  const hostnames = emptyList()
  for (const text of ['a.example.com', 'b.example.com']) hostnames.set(name(text), ACTIVE)
  const walk = hostnames.entries()
  t.equal(walk.next().value?.[0], 'a.example.com')
  hostnames.set(name('a.example.com'), undefined)
  hostnames.set(name('a.example.com'), ACTIVE)
  t.same(
    [...walk].map(([hostname]) => hostname),
    ['b.example.com'],
  )
})
