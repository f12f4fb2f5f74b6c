import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { listOf, name } from '../../test/hostname-list.ts'
import { collectingLog } from '../../test/world.ts'
import { FRESH_NAME } from '../rules/acme-budget.ts'
import { budgetPath, keepBudget, loadBudget } from './budget-file.ts'
import { BudgetKeeper } from './budget-keeper.ts'
import { HostnameTable } from './hostname-table.ts'

const NOW = 1_800_000_000_000
const NOBODY = listOf({}).hostnames

t.test('what was ordered is there again after a restart', async (t) => {
  const path = budgetPath(t.testdir({}))
  const { log } = collectingLog()
  t.equal(await loadBudget(path, log), undefined)
  const budget = new BudgetKeeper()
  const stop = new AbortController()
  const where = { path, table: new HostnameTable(7), signal: stop.signal }
  const deps = { clock: new FakeClock(NOW), random: () => 1, log }
  const end = keepBudget(budget, where, deps)
  const hostname = name('a.acme.com')
  budget.begin(NOBODY, NOW)
  budget.judge(
    name('b.acme.com'),
    { status: 'active', certificate: 'none', mayHoldUntil: undefined },
    NOW,
  )
  budget.note({ kind: 'order_begun', hostname, at: NOW, isRenewal: false }, NOW)
  stop.abort()
  await end

  const state = await loadBudget(path, log)
  t.strictSame(state, {
    ...budget.state,
    domains: new Map(budget.state.domains),
    names: new Map(budget.state.names),
  })
  const restored = new BudgetKeeper()
  if (state !== undefined) restored.restore(state, NOW)
  t.strictSame(restored.state, budget.state)
})

t.test('a budget of an earlier version is read', async (t) => {
  const path = budgetPath(t.testdir({}))
  await mkdir(dirname(path))
  const { failedAt, mayHoldUntil, ...kept } = FRESH_NAME
  const names = [['a.acme.com', { ...kept, failures: 1 }]]
  const facts = { account: 1, domains: [], names, knows_all_from: 2, has_log: true }
  await writeFile(path, JSON.stringify({ format: 'fingerpost-acme-budget 1', ...facts }))
  const state = await loadBudget(path, collectingLog().log)
  t.strictSame(state?.names, new Map([['a.acme.com', { ...FRESH_NAME, failures: 1 }]]))
  t.same([failedAt, mayHoldUntil], [0, undefined])
})

for (const content of [
  'no JSON',
  'null',
  '{"format":"fingerpost-acme-budget 2"}',
  '{"format":"fingerpost-acme-budget 1","account":"x","domains":[],"names":[],"has_log":true}',
  '{"format":"fingerpost-acme-budget 1","account":1,"domains":[],"names":[["A",{}]],"has_log":true}',
]) {
  t.test(`a budget that cannot be used is begun anew: ${content.slice(0, 60)}`, async (t) => {
    const path = budgetPath(t.testdir({}))
    await mkdir(dirname(path))
    await writeFile(path, content)
    const { log, lines } = collectingLog()
    t.equal(await loadBudget(path, log), undefined)
    t.match(lines, [{ level: 'error' }])
  })
}
