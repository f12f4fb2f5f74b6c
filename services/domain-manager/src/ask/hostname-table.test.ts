import t from 'tap'
import type { HostnameState } from '@fingerpost/contract/core-api'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { listOf, name } from '../../test/hostname-list.ts'
import { HostnameTable } from './hostname-table.ts'

const change = (hostname: string, status: DomainStatus | undefined): HostnameState => ({
  hostname: name(hostname),
  status,
  certificate: 'none',
  mayHoldUntil: undefined,
})

t.test('a table is not loaded before its first list', async (t) => {
  const table = new HostnameTable(7)
  t.equal(table.isLoaded, false)
  t.equal(table.currentAt, undefined)
  table.replace(listOf({}, { sequence: 3, currentAt: 9 }))
  t.same([table.isLoaded, table.currentAt, table.sequence, table.size], [true, 9, 3, 0])
})

t.test('changes are applied one by one, and counted as they come', async (t) => {
  const table = new HostnameTable(7)
  table.replace(listOf({ 'a.example.com': 'active', 'b.example.com': 'active' }))
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
  const table = new HostnameTable(7)
  table.replace(listOf({}))
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

t.test('what is known of a certificate changes by itself', async (t) => {
  const table = new HostnameTable(7)
  table.replace(listOf({ 'a.example.com': 'active' }))
  const hostname = name('a.example.com')
  const { revision } = table
  table.applyCertificate(hostname, { certificate: 'issued', mayHoldUntil: 5_000 })
  t.same(table.get(hostname), { status: 'active', certificate: 'issued', mayHoldUntil: 5_000 })
  table.applyCertificate(hostname, { certificate: 'issued', mayHoldUntil: 5_000 })
  t.equal(table.revision, revision + 1)
  table.applyCertificate(name('b.example.com'), { certificate: 'issued', mayHoldUntil: 1 })
  t.equal(table.get(name('b.example.com')), undefined, 'it makes no hostname known')
})
