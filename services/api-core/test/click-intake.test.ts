import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { ClickBatch } from '@fingerpost/contract/core-api'
import { givenClicked, storedClicks } from './clicks.ts'
import { openInstallation, withEachEngine, withPostgres } from './installation.ts'

await withEachEngine(t, (t, { newUrl }) => {
  t.test('lookups get their turn among many batches', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    let applied = 0
    const recording = Array.from({ length: 20 }, async (_, source) => {
      await open.core.recordClicks({ source: `edge-${source}`, number: 1, clicks: [click] })
      applied += 1
    })
    await setImmediate()
    await open.storage.db.selectFrom('change_head').selectAll().execute()
    t.ok(applied < 20, `${applied} of 20 batches came first`)
    await Promise.all(recording)
    t.match(await storedClicks(open), { clicks: 20, clicksInHours: 20 })
  })

  t.test('a batch that is sent again while it is applied is the same piece of work', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    const batch: ClickBatch = { source: 'edge-1', number: 1, clicks: [click] }
    const first = open.core.recordClicks(batch)
    t.equal(open.core.recordClicks(batch), first)
    const next = open.core.recordClicks({ ...batch, number: 2 })
    t.not(next, first)
    await Promise.all([first, next])
    t.not(open.core.recordClicks(batch), first)
    await open.core.recordClicks(batch)
    t.match(await storedClicks(open), { clicks: 2 })
  })

  t.test('a batch that failed can be sent again', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    const { db } = open.storage
    await db.schema.alterTable('click_sources').renameTo('click_sources_away').execute()
    const failing = Array.from({ length: 8 }, (_, source) =>
      open.core.recordClicks({ source: `edge-${source}`, number: 1, clicks: [click] }),
    )
    const failed = (await Promise.allSettled(failing)).filter(({ status }) => status === 'rejected')
    t.equal(failed.length, 8)
    await db.schema.alterTable('click_sources_away').renameTo('click_sources').execute()
    await open.core.recordClicks({ source: 'edge-1', number: 1, clicks: [click] })
    t.match(await storedClicks(open), { clicks: 1 })
  })
})

await withPostgres(t, (t, { newUrl }) => {
  t.test('batches that a lock holds up leave connections to lookups', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    const batchOf = (source: number): ClickBatch => ({
      source: `edge-${source}`,
      number: 1,
      clicks: [click],
    })
    await open.core.recordClicks(batchOf(0))
    const recording: Promise<void>[] = []
    await open.storage.db.transaction().execute(async (trx) => {
      await trx.updateTable('click_hours').set({ head: 0 }).execute()
      for (let source = 1; source <= 20; source += 1) {
        recording.push(open.core.recordClicks(batchOf(source)))
      }
      const { body } = await open.call({ path: '/v1/workspaces' })
      t.equal(body.data.length, 1)
    })
    await Promise.all(recording)
    t.match(await storedClicks(open), { clicks: 21, clicksInHours: 21 })
  })
})
