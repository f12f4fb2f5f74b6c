import t from 'tap'
import { DEVICE_CLASSES, hourOf } from '@fingerpost/model/click'
import { givenClicked, record } from './clicks.ts'
import { givenLink, givenTenant, openInstallation, withEachEngine } from './installation.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

await withEachEngine(t, (t, { newUrl }) => {
  t.test('clicks are given by the hour and the day, with zeros between', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, click } = await givenClicked(open)
    const midnight = Math.floor(open.now() / DAY_MS) * DAY_MS
    await record(
      open,
      { ...click, hour: midnight - HOUR_MS, count: 2 },
      { ...click, hour: midnight, count: 3 },
      { ...click, hour: midnight, visitor: 'bot', count: 4 },
      { ...click, hour: midnight, visitor: 'prefetch', count: 5 },
      { ...click, hour: midnight + HOUR_MS, visitor: 'head', count: 6 },
      { ...click, hour: midnight + 2 * HOUR_MS, count: 7 },
    )
    const path = `/links/${click.linkId}/clicks`
    const [from, to] = [midnight - 2 * HOUR_MS, midnight + 2 * HOUR_MS].map(instant)
    const byHour = await tenant.call({ path: `${path}?interval=hour&from=${from}&to=${to}` })
    const zero = { human: 0, bot: 0, prefetch: 0, head: 0 }
    t.equal(byHour.status, 200)
    t.same(byHour.body, {
      from,
      to,
      interval: 'hour',
      totals: { human: 5, bot: 4, prefetch: 5, head: 6 },
      series: [
        { start: from, ...zero },
        { start: instant(midnight - HOUR_MS), ...zero, human: 2 },
        { start: instant(midnight), human: 3, bot: 4, prefetch: 5, head: 0 },
        { start: instant(midnight + HOUR_MS), ...zero, head: 6 },
      ],
      referrers: [{ referrer: 'example.org', human: 5 }],
      devices: [{ device: 'mobile', human: 5 }],
      countries: [{ country: 'DE', human: 5 }],
    })
    const byDay = await tenant.call({ path: `${path}?interval=day&from=${from}&to=${to}` })
    t.same(byDay.body.series, [
      { start: instant(midnight - DAY_MS), ...zero, human: 2 },
      { start: instant(midnight), human: 10, bot: 4, prefetch: 5, head: 6 },
    ])
    t.match(byDay.body, { from: instant(midnight - DAY_MS), to: instant(midnight + DAY_MS) })
    const unset = await tenant.call({ path })
    t.match(unset.body, { interval: 'day', to: instant(midnight + DAY_MS), totals: { human: 12 } })
    t.equal(unset.body.series.length, 8)
  })

  t.test(
    'referrers, devices and countries are of human visits, the most frequent first',
    async (t) => {
      await using open = await openInstallation(await newUrl())
      const { tenant, click } = await givenClicked(open)
      const referrers = Array.from({ length: 25 }, (_, index) => ({
        ...click,
        referrer: index === 24 ? '' : `r${index}.example`,
        device: DEVICE_CLASSES[index % DEVICE_CLASSES.length] ?? 'other',
        country: index % 2 === 0 ? '' : 'FR',
        count: index + 1,
      }))
      const bots = { ...click, visitor: 'bot', referrer: 'bots.example', count: 1_000 } as const
      await record(open, ...referrers, bots)
      const { body } = await tenant.call({ path: `/links/${click.linkId}/clicks` })
      t.equal(body.referrers.length, 20)
      t.same(body.referrers[0], { referrer: null, human: 25 }, 'null: none was told')
      t.same(body.referrers.at(-1), { referrer: 'r5.example', human: 6 })
      t.same(body.countries, [
        { country: null, human: 169 },
        { country: 'FR', human: 156 },
      ])
      t.same(
        body.devices.map(({ device }: { device: string }) => device),
        ['unknown', 'other', 'tablet', 'mobile', 'desktop'],
      )
      t.same(body.totals, { human: 325, bot: 1_000, prefetch: 0, head: 0 })
      t.notMatch(JSON.stringify(body), 'bots.example')
    },
  )

  t.test('a link nobody followed has zeros', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, click } = await givenClicked(open)
    const { body } = await tenant.call({ path: `/links/${click.linkId}/clicks` })
    t.match(body, { totals: { human: 0, bot: 0 }, referrers: [], devices: [], countries: [] })
    t.equal(body.series.length, 8)
  })

  t.test('what cannot be asked is refused with its reason', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, click } = await givenClicked(open)
    const now = open.now()
    const [is, wasLong, wasLonger] = [now, now - 31 * DAY_MS, now - 400 * DAY_MS].map(instant)
    for (const [query, status, facts] of [
      [`interval=hour&from=${wasLong}`, 200, {}],
      [`interval=hour&from=${instant(now - 31 * DAY_MS - 1)}`, 400, { days_max: 31 }],
      [`interval=day&from=${wasLonger}`, 200, {}],
      [`interval=day&from=${instant(now - 400 * DAY_MS - 1)}`, 400, { days_max: 400 }],
      [`from=${is}&to=${is}`, 400, { interval: 'day' }],
      [`from=${is}&to=${wasLong}`, 400, { interval: 'day' }],
      ['from=2026-02-30T00:00:00Z', 400, {}],
      ['from=yesterday', 400, {}],
      ['from=2026-12-31T23:59:60Z', 400, { field: 'from' }],
      ['to=1969-12-31T23:59:59Z', 400, { field: 'to' }],
      ['to=9999-12-31T00:00:01Z', 400, { field: 'to' }],
      ['to=9999-12-31T00:00:00Z', 200, {}],
      ['interval=week', 400, {}],
      ['interval=hour&interval=day', 400, {}],
      ['since=2026-01-01T00:00:00Z', 400, {}],
      ['from=2026-01-01T00:00:00%2B02:00&to=2026-01-02T00:00:00Z', 200, {}],
    ] as const) {
      const answer = await tenant.call({ path: `/links/${click.linkId}/clicks?${query}` })
      t.equal(answer.status, status, `${query}: ${answer.text.slice(0, 200)}`)
      if (status === 400) t.match(answer.body, { code: 'query_invalid', ...facts }, query)
    }
  })

  t.test('a deleted link, and another workspace’s, answer as one that never was', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, click } = await givenClicked(open)
    const other = await givenClicked(open, 'other.localhost')
    await record(open, click, other.click)
    const path = `/links/${click.linkId}/clicks`
    t.equal((await tenant.call({ path })).status, 200)
    const foreign = await tenant.call({ path: `/links/${other.click.linkId}/clicks` })
    const link = await tenant.call({ path: `/links/${other.click.linkId}` })
    t.match(foreign, { status: 404, body: { code: 'link_not_found' } })
    t.equal(foreign.text, link.text)
    await tenant.call({ method: 'DELETE', path: `/links/${click.linkId}` })
    t.equal((await tenant.call({ path })).text, link.text)
    t.match((await other.tenant.call({ path: `/links/${other.click.linkId}/clicks` })).body, {
      totals: { human: 1 },
    })
  })

  t.test('it takes the scope that reads links', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open, 'Acme', ['domains:write', 'links:write'])
    const body = { hostname: 'go.localhost' }
    const domain = await tenant.call({ method: 'POST', path: '/domains', body })
    const link = await givenLink(tenant, { domain_id: domain.body.id })
    const answer = await tenant.call({ path: `/links/${link.id}/clicks` })
    t.match(answer, { status: 403, body: { code: 'scope_missing', scope: 'links:read' } })
  })
})

t.test('the clock of the tests stands at the beginning of an hour', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  t.equal(hourOf(open.now()), open.now())
})

function instant(at: number): string {
  return new Date(at).toISOString()
}
