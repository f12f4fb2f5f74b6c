import * as fc from 'fast-check'
import { migrate } from '../../services/api-core/src/database/migrate.ts'
import { openStorage } from '../../services/api-core/src/database/storage.ts'
import { ChangeFeed } from '../../services/api-core/src/events/change-feed.ts'
import {
  claimSteps,
  liveThrough,
  type ClaimCounts,
} from '../../services/api-core/test/claims-model.ts'
import { SILENT } from '../../services/api-core/test/installation.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

// Why parts: a table that grows with every life makes the later ones slow.
const LIVES_PER_DATABASE = 2_000

/** S16: workspaces add, prove, lose, delete and take over one hostname in any order. */
export const S16: Row = {
  name: 'S16',
  title: 'random sequences of claims to a hostname',
  goal: '0 sequences in which somebody holds what they did not prove',
  run,
}

async function run({ seed, isShort, say }: RowContext): Promise<Finding> {
  const sequences = isShort ? 1_000 : 100_000
  const counts: ClaimCounts = { verified: 0, takeovers: 0, refused: 0, late: 0 }
  let violations = 0
  let first: string | undefined
  for (let from = 0; from < sequences; from += LIVES_PER_DATABASE) {
    say(`${from} of ${sequences} sequences`)
    const count = Math.min(LIVES_PER_DATABASE, sequences - from)
    const found = await liveMany(count, seed + from, counts)
    violations += found.violations
    first ??= found.first
  }
  return {
    kind: 'measured',
    figure: violations,
    unit: 'ownership violations',
    pass: violations === 0 && counts.takeovers > 0,
    facts: { sequences, ...counts, ...(first !== undefined && { first_violation: first }) },
  }
}

async function liveMany(count: number, seed: number, counts: ClaimCounts) {
  await using storage = openStorage('sqlite::memory:', SILENT)
  await migrate(storage)
  let now = 1_800_000_000_000
  const clock = { now: () => now }
  const advance = (ms: number): void => void (now += ms)
  const deps = { storage, feed: new ChangeFeed(), clock, advance }
  let violations = 0
  let first: string | undefined
  const samples = fc.sample(claimSteps, { numRuns: count, seed })
  for (const [index, steps] of samples.entries()) {
    try {
      await liveThrough(`n${index}.example.com`, steps, counts, deps)
    } catch (error) {
      violations += 1
      first ??= `${error instanceof Error ? error.message : String(error)}: ${JSON.stringify(steps)}`
    }
  }
  return { violations, first }
}
