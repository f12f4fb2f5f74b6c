import t from 'tap'
import type { HostnameState } from '@fingerpost/contract/core-api'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { HostnameTable } from './hostname-table.ts'

function name(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`"${text}" is no hostname`)
  return hostname
}

const change = (hostname: string, status: DomainStatus | undefined): HostnameState => ({
  hostname: name(hostname),
  status,
  certificate: 'none',
  mayHoldUntil: undefined,
})

t.test('a table is not loaded before its first list', async (t) => {
  const table = new HostnameTable()
  t.equal(table.isLoaded, false)
  t.equal(table.currentAt, undefined)
  table.replace({ statuses: new Map(), sequence: 3, currentAt: 9 })
  t.same([table.isLoaded, table.currentAt, table.sequence, table.size], [true, 9, 3, 0])
})

t.test('changes are applied one by one, and counted as they come', async (t) => {
  const table = new HostnameTable()
  const statuses = new Map<Hostname, DomainStatus>([
    [name('a.example.com'), 'active'],
    [name('b.example.com'), 'active'],
  ])
  table.replace({ statuses, sequence: 1, currentAt: 0 })
  table.apply(change('b.example.com', 'degraded'))
  table.apply(change('c.example.com', 'verified'))
  table.apply(change('a.example.com', undefined))
  table.apply(change('never.example.com', undefined))
  t.equal(table.statusOf(name('a.example.com')), undefined)
  t.equal(table.statusOf(name('b.example.com')), 'degraded')
  t.same(table.countByStatus(), {
    pending_verification: 0,
    verified: 1,
    active: 0,
    degraded: 1,
    suspended: 0,
  })
  t.equal(table.size, 2)
})

t.test('the revision grows only when something changed', async (t) => {
  const table = new HostnameTable()
  table.replace({ statuses: new Map(), sequence: 1, currentAt: 0 })
  const { revision } = table
  table.apply(change('a.example.com', undefined))
  table.noteCurrent(5, 10)
  t.equal(table.revision, revision)
  t.same([table.sequence, table.currentAt], [5, 10])
  table.apply(change('a.example.com', 'active'))
  t.equal(table.revision, revision + 1)
  table.apply(change('a.example.com', 'active'))
  t.equal(table.revision, revision + 1)
})
