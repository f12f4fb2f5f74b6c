import t from 'tap'
import {
  DELETED_HOURS_BATCH,
  DELETED_LINK_PAUSE_MS,
  deleteSomeClicks,
  pruneSources,
  SOURCES_KEPT_MS,
} from '../src/clicks/click-retention-store.ts'
import { CLICKS_KEPT_MS } from '../src/clicks/click-store.ts'
import { deleteSomeLinks } from '../src/domains/deleted-links.ts'
import { givenClicked, record, storedClicks, type Clicked } from './clicks.ts'
import { openInstallation, withEachEngine, type Installation } from './installation.ts'

const HOUR_MS = 3_600_000

await withEachEngine(t, (t, { newUrl }) => {
  t.test('clicks are deleted bit by bit when they are too old, and not before', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    const hours = 2 * DELETED_HOURS_BATCH + 1
    const clicks = Array.from({ length: hours }, (_, index) => ({
      ...click,
      hour: click.hour - index * HOUR_MS,
    }))
    await record(open, ...clicks, ...clicks.map((one) => ({ ...one, referrer: '' })))
    t.match(await storedClicks(open), { hours, combinations: 2 * hours })
    const oldest = click.hour - (hours - 1) * HOUR_MS
    open.advance(oldest + CLICKS_KEPT_MS - open.now() - 1)
    t.equal(await deleteSomeClicks(depsOf(open)), false)
    t.match(await storedClicks(open), { hours })
    open.advance(1)
    t.equal(await deleteSomeClicks(depsOf(open)), false)
    t.match(await storedClicks(open), { hours: hours - 1, combinations: 2 * (hours - 1) })
    open.advance((hours - 2) * HOUR_MS)
    t.equal(await deleteSomeClicks(depsOf(open)), true)
    t.match(await storedClicks(open), { hours: hours - 1 - DELETED_HOURS_BATCH })
    t.equal(await deleteSomeClicks(depsOf(open)), false)
    t.match(await storedClicks(open), { hours: 1, combinations: 2 }, 'the youngest is there')
  })

  t.test('the clicks of a deleted link go some time after it, those of others stay', async (t) => {
    await using open = await openInstallation(await newUrl())
    const gone = await givenClicked(open)
    const stays = await givenClicked(open, 'other.localhost')
    await recordHours(open, gone, DELETED_HOURS_BATCH + 1)
    await recordHours(open, stays, 3)
    const path = `/links/${gone.click.linkId}`
    t.equal((await gone.tenant.call({ method: 'DELETE', path })).status, 204)
    open.advance(DELETED_LINK_PAUSE_MS - 1)
    t.equal(await deleteSomeClicks(depsOf(open)), false)
    t.match(await storedClicks(open), { hours: DELETED_HOURS_BATCH + 4 })
    open.advance(1)
    t.equal(await deleteSomeClicks(depsOf(open)), true)
    t.equal(await deleteSomeClicks(depsOf(open)), false)
    t.match(await storedClicks(open), { hours: 3, combinations: 3, clicks: 3 })
    t.same(await open.storage.db.selectFrom('deleted_links').selectAll().execute(), [])
  })

  t.test('the clicks of a deleted domain’s links go with them', async (t) => {
    await using open = await openInstallation(await newUrl())
    const gone = await givenClicked(open)
    await recordHours(open, gone, 2)
    const { body } = await gone.tenant.call({ path: '/domains' })
    await gone.tenant.call({ method: 'DELETE', path: `/domains/${body.data[0].id}` })
    while (await deleteSomeLinks(depsOf(open)));
    open.advance(DELETED_LINK_PAUSE_MS)
    t.equal(await deleteSomeClicks(depsOf(open)), false)
    t.match(await storedClicks(open), { hours: 0, combinations: 0 })
  })

  t.test('several instances that delete at once delete everything', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click, tenant } = await givenClicked(open)
    await recordHours(open, { click, tenant }, 100)
    open.advance(CLICKS_KEPT_MS)
    const instance = async (): Promise<void> => {
      while (await deleteSomeClicks(depsOf(open)));
    }
    await Promise.all([instance(), instance(), instance()])
    await instance()
    t.match(await storedClicks(open), { hours: 0, combinations: 0 })
  })

  t.test('a source is forgotten when it has sent nothing for long', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    await open.core.recordClicks({ source: 'gone', number: 1, clicks: [click] })
    open.advance(1)
    await open.core.recordClicks({ source: 'there', number: 1, clicks: [click] })
    open.advance(SOURCES_KEPT_MS - 2)
    await pruneSources(open.now(), depsOf(open))
    t.same(await sources(open), ['gone', 'there'])
    open.advance(1)
    await pruneSources(open.now(), depsOf(open))
    t.same(await sources(open), ['there'])
  })
})

async function recordHours(open: Installation, { click }: Clicked, hours: number): Promise<void> {
  const clicks = Array.from({ length: hours }, (_, index) => ({
    ...click,
    hour: click.hour - index * HOUR_MS,
  }))
  await record(open, ...clicks)
}

async function sources(open: Installation): Promise<readonly string[]> {
  const rows = await open.storage.db.selectFrom('click_sources').select('source').execute()
  return rows.map(({ source }) => source).toSorted()
}

function depsOf({ storage, feed, now }: Installation): Parameters<typeof deleteSomeClicks>[0] {
  return { storage, feed, clock: { now } }
}
