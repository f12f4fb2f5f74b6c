import * as fc from 'fast-check'
import t from 'tap'
import { migrate } from '../src/database/migrate.ts'
import { openStorage } from '../src/database/storage.ts'
import { ChangeFeed } from '../src/events/change-feed.ts'
import { claimSteps, EVENTFUL_LIFE, liveThrough, type ClaimCounts } from './claims-model.ts'
import { SILENT, withEachEngine } from './installation.ts'

/** So many lives on SQLite; PostgreSQL, which is slower here, gets fewer. */
const RUNS = { sqlite: 400, postgres: 25 }

await withEachEngine(t, (t, { engine, newUrl }) => {
  t.test('no sequence of claims gives a hostname to who did not prove it', async (t) => {
    await using storage = openStorage(
      engine === 'sqlite' ? 'sqlite::memory:' : await newUrl(),
      SILENT,
    )
    await migrate(storage)
    let now = 1_800_000_000_000
    const clock = { now: () => now }
    const advance = (ms: number): void => void (now += ms)
    const deps = { storage, feed: new ChangeFeed(), clock, advance }
    const counts: ClaimCounts = { verified: 0, takeovers: 0, refused: 0, late: 0 }
    let lives = 0
    const property = fc.asyncProperty(claimSteps, async (steps) => {
      lives += 1
      await liveThrough(`n${lives}.example.com`, steps, counts, deps)
    })
    await fc.assert(property, { numRuns: RUNS[engine], examples: [[EVENTFUL_LIFE]] })
    t.comment(`${lives} lives: ${JSON.stringify(counts)}`)
    // Why counted: a model in which nothing is ever won proves nothing.
    for (const [what, count] of Object.entries(counts))
      t.ok(count > 0, `${what} of ${JSON.stringify(counts)}`)
  })
})
