import { join } from 'node:path'
import type { Clock } from '@fingerpost/chassis/clock'
import { readFileIfPresent, writeFileAtomically } from '@fingerpost/chassis/atomic-file'
import type { Logger } from '@fingerpost/chassis/logger'
import { repeat } from '@fingerpost/chassis/repeat'
import { canonicalHostname } from '@fingerpost/model/hostname'
import type { DurationMs } from '@fingerpost/model/time'
import type { NameBudget } from '../rules/acme-budget.ts'
import { BUDGET_ENTRIES_MAX, type BudgetKeeper, type BudgetState } from './budget-keeper.ts'
import type { HostnameTable } from './hostname-table.ts'

const FORMAT = 'fingerpost-acme-budget 1'
const SAVE_PAUSE_MS: DurationMs = 50
const PRUNE_PAUSE_MS: DurationMs = 3_600_000
const SAVE_BACKOFF = { firstMs: 1_000, factor: 2, maxMs: 60_000 }
// Why: with many hostnames the file is large; at most this part of the time goes into it.
const WRITING_PART_MAX = 0.05

/** Where the budget is kept, so that a restart does not forget what was ordered. */
export function budgetPath(dataDir: string): string {
  return join(dataDir, 'ask', 'acme-budget.json')
}

/** Reads the budget; undefined when there is none or it cannot be used. */
export async function loadBudget(path: string, log: Logger): Promise<BudgetState | undefined> {
  try {
    const content = await readFileIfPresent(path)
    if (content === undefined) return undefined
    const state = parseState(JSON.parse(content.toString('utf8')))
    if (state !== undefined) return state
    log.error({ path }, 'the budget of orders is broken, and begun anew')
  } catch (error) {
    log.error({ path, error }, 'the budget of orders cannot be read, and is begun anew')
  }
  return undefined
}

/** Writes the budget soon after it changed, until `signal` aborts, and once more then. */
export async function keepBudget(
  budget: BudgetKeeper,
  options: { readonly path: string; readonly table: HostnameTable; readonly signal: AbortSignal },
  deps: { readonly clock: Clock; readonly random: () => number; readonly log: Logger },
): Promise<void> {
  const { path, table, signal } = options
  const { clock, log } = deps
  let savedRevision = budget.revision
  let prunedAt = clock.now()
  const saveIfChanged = async (): Promise<DurationMs> => {
    const startedAt = clock.now()
    if (startedAt - prunedAt >= PRUNE_PAUSE_MS) {
      prunedAt = startedAt
      budget.prune(startedAt, (hostname) => (table.get(hostname)?.mayHoldUntil ?? 0) > startedAt)
    }
    const { revision } = budget
    if (revision === savedRevision) return SAVE_PAUSE_MS
    await writeFileAtomically(path, encodeState(budget.state), 0o600)
    savedRevision = revision
    return Math.max(SAVE_PAUSE_MS, (clock.now() - startedAt) / WRITING_PART_MAX)
  }
  const onError = (error: unknown): void => {
    log.error({ error, path }, 'the budget of orders could not be written')
  }
  const repeated = { pauseMs: SAVE_PAUSE_MS, backoff: SAVE_BACKOFF, signal }
  await repeat(saveIfChanged, repeated, { ...deps, onError })
  await saveIfChanged().catch(onError)
}

// What a file of an earlier version lacks. JSON has no undefined.
const LACKING = { mayHoldUntil: undefined, failedAt: 0 }
type StoredName = Omit<NameBudget, keyof typeof LACKING> & Partial<NameBudget>

function encodeState({ account, domains, names, knowsAllFrom, hasLog }: BudgetState): string {
  return JSON.stringify({
    format: FORMAT,
    account,
    domains: [...domains],
    names: [...names],
    knows_all_from: knowsAllFrom,
    has_log: hasLog,
  })
}

function parseState(value: unknown): BudgetState | undefined {
  if (!isRecord(value) || value['format'] !== FORMAT) return undefined
  const { account, domains, names, knows_all_from: knowsAllFrom, has_log: hasLog } = value
  if (!isInstant(account) || typeof hasLog !== 'boolean') return undefined
  if (knowsAllFrom !== undefined && !isInstant(knowsAllFrom)) return undefined
  if (!isEntries(domains, isInstant) || !isEntries(names, isNameBudget)) return undefined
  if (names.some(([name]) => canonicalHostname(name) !== name)) return undefined
  const known = new Map(names.map(([name, budget]) => [name, { ...LACKING, ...budget }]))
  return { account, domains: new Map(domains), names: known, knowsAllFrom, hasLog }
}

function isEntries<Value>(
  value: unknown,
  isValue: (value: unknown) => value is Value,
): value is [string, Value][] {
  return (
    Array.isArray(value) &&
    value.length <= BUDGET_ENTRIES_MAX &&
    value.every(
      (entry) => Array.isArray(entry) && typeof entry[0] === 'string' && isValue(entry[1]),
    )
  )
}

function isNameBudget(value: unknown): value is StoredName {
  if (!isRecord(value)) return false
  const { certificates, failedValidations, mayHoldUntil, order, reservedUntil } = value
  const { failures, failedAt, pausedUntil } = value
  return (
    [certificates, failedValidations, reservedUntil, failures, pausedUntil].every(isInstant) &&
    [mayHoldUntil, failedAt].every((instant) => instant === undefined || isInstant(instant)) &&
    (order === 'none' || order === 'first' || order === 'renewal')
  )
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
