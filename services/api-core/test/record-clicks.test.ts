import t from 'tap'
import { VISITOR_KINDS, type ClickCount } from '@fingerpost/model/click'
import { CLICKS_PER_BATCH_MAX } from '@fingerpost/contract/core-api'
import { CLICKS_KEPT_MS } from '../src/clicks/click-store.ts'
import { COMBINATIONS_MAX, FOLDED } from '../src/rules/click-folding.ts'
import { clickOf, givenClicked, record, storedClicks } from './clicks.ts'
import { givenDomain, givenLink, openInstallation, withEachEngine } from './installation.ts'

const HOUR_MS = 3_600_000
const COUNTRIES = ['DE', 'FR', 'US', 'GB', 'IT', '']

await withEachEngine(t, (t, { newUrl }) => {
  t.test('made-up referrers cannot make more rows than an hour may have', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, click } = await givenClicked(open)
    await record(open, { ...click, count: 10 })
    let sent = 10
    for (let round = 0; round < 3; round += 1) {
      const clicks = Array.from({ length: CLICKS_PER_BATCH_MAX }, (_, index) => ({
        ...click,
        visitor: VISITOR_KINDS[index % 2] ?? 'human',
        referrer: `made-up-${round}-${index}.example`,
        country: COUNTRIES[index % COUNTRIES.length] ?? '',
      }))
      await record(open, ...clicks)
      sent += clicks.length
      const stored = await storedClicks(open)
      t.match(stored, { clicks: sent, clicksInHours: sent, hours: 1 })
      t.ok(stored.combinations <= COMBINATIONS_MAX)
      t.equal(stored.combinations, stored.combinationsNoted)
    }
    await record(open, { ...click, count: 5 })
    const { body } = await tenant.call({ path: `/links/${click.linkId}/clicks` })
    t.equal(body.totals.human + body.totals.bot, sent + 5)
    t.equal(body.referrers.length, 20)
    t.equal(body.referrers[0].referrer, FOLDED, 'those too many are shown as what they are')
    t.match(body.referrers[1], { referrer: 'example.org', human: 15 }, 'who was there stays')
    t.notOk(
      body.countries.some(({ country }: { country: string | null }) => country === FOLDED),
      'the country is not given up for it',
    )
  })

  t.test('an hour never has too many rows, whatever is sent', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    let sent = 0
    for (let round = 0; round < 2; round += 1) {
      const clicks = Array.from({ length: CLICKS_PER_BATCH_MAX }, (_, index) => ({
        ...click,
        referrer: `r${round}-${index}.example`,
        country: String.fromCodePoint(65 + (index % 26), 65 + (Math.trunc(index / 26) % 26)),
      }))
      await record(open, ...clicks)
      sent += clicks.length
    }
    const stored = await storedClicks(open)
    t.match(stored, { clicks: sent, clicksInHours: sent })
    t.ok(stored.combinations <= COMBINATIONS_MAX, `${stored.combinations} rows`)
    t.equal(stored.combinations, stored.combinationsNoted)
  })

  t.test('the hours of one link do not take each other’s room', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    const clicks = Array.from({ length: 900 }, (_, index) => ({
      ...click,
      hour: click.hour - (index % 3) * HOUR_MS,
      referrer: `r${index}.example`,
    }))
    await record(open, ...clicks)
    t.match(await storedClicks(open), { hours: 3, combinations: 900, combinationsNoted: 900 })
  })

  t.test('batches of many sources at once are all counted', async (t) => {
    const url = await newUrl()
    await using one = await openInstallation(url)
    const { tenant, click } = await givenClicked(one)
    const domain = await givenDomain(tenant, 'other.localhost')
    const links = [click.linkId]
    for (let index = 0; index < 20; index += 1) {
      links.push((await givenLink(tenant, { domain_id: domain.id, slug: `s${index}` })).id)
    }
    const sources = Array.from({ length: 8 }, async (_, source) => {
      for (let number = 1; number <= 5; number += 1) {
        const clicks: readonly ClickCount[] = Array.from({ length: 300 }, (_unused, index) => ({
          ...clickOf(one, tenant, links[(index * 7 + source * 5) % links.length] ?? ''),
          hour: click.hour - (index % 2) * HOUR_MS,
          referrer: `r${(index * (source + 1)) % 30}.example`,
        }))
        const batch = {
          source: `edge-${source}`,
          number,
          clicks: shuffled(clicks, source + number),
        }
        // Why twice at once: an edge that got no answer sends again while the first may still run.
        await Promise.all([one.core.recordClicks(batch), one.core.recordClicks(batch)])
      }
    })
    await Promise.all(sources)
    const stored = await storedClicks(one)
    t.match(stored, { clicks: 8 * 5 * 300, clicksInHours: 8 * 5 * 300 })
    t.equal(stored.combinations, stored.combinationsNoted)
  })

  t.test('clicks of a hostname that was deleted are dropped at once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, click } = await givenClicked(open)
    const { body } = await tenant.call({ path: '/domains' })
    await tenant.call({ method: 'DELETE', path: `/domains/${body.data[0].id}` })
    await record(open, click)
    t.match(await storedClicks(open), { hours: 0, combinations: 0 })
  })

  t.test('clicks are dropped that are too old to be kept, and only those', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { click } = await givenClicked(open)
    const oldest = open.now() - CLICKS_KEPT_MS
    t.equal(oldest % HOUR_MS, 0, 'the clock stands at an edge')
    await record(open, { ...click, hour: oldest })
    t.match(await storedClicks(open), { clicks: 0 })
    await record(open, { ...click, hour: oldest + HOUR_MS })
    t.match(await storedClicks(open), { clicks: 1 })
  })

  t.test('counts beyond 32 bits are kept exactly', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, click } = await givenClicked(open)
    const most = { ...click, count: 4_294_967_295 }
    await record(open, most, most, most)
    await record(open, most)
    const { body } = await tenant.call({ path: `/links/${click.linkId}/clicks` })
    t.equal(body.totals.human, 4 * 4_294_967_295)
    t.match(body.devices, [{ device: 'mobile', human: 4 * 4_294_967_295 }])
  })
})

function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  return items
    .map((item, index) => ({ item, rank: (index * 7919 * (seed + 1)) % 307 }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ item }) => item)
}
