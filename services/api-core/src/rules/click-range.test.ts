import t from 'tap'
import { CLICK_INTERVAL_NAMES, CLICK_INTERVALS, clickRange, clickSeries } from './click-range.ts'

const NOW = Date.UTC(2026, 2, 10, 14, 30)
const DAY_MS = 86_400_000

for (const [said, from, to, interval, begin, end] of [
  ['nothing', undefined, undefined, 'day', '2026-03-03T00:00', '2026-03-11T00:00'],
  ['nothing', undefined, undefined, 'hour', '2026-03-03T14:00', '2026-03-10T15:00'],
  ['from', '2026-03-10T13:59', undefined, 'hour', '2026-03-10T13:00', '2026-03-10T15:00'],
  ['to', undefined, '2026-02-10T00:00', 'day', '2026-02-03T00:00', '2026-02-10T00:00'],
  [
    'an hour',
    '2026-03-10T13:00',
    '2026-03-10T14:00',
    'hour',
    '2026-03-10T13:00',
    '2026-03-10T14:00',
  ],
  [
    'a moment',
    '2026-03-10T13:00',
    '2026-03-10T13:01',
    'hour',
    '2026-03-10T13:00',
    '2026-03-10T14:00',
  ],
  [
    'a moment',
    '2026-03-10T23:59',
    '2026-03-11T00:01',
    'day',
    '2026-03-10T00:00',
    '2026-03-12T00:00',
  ],
  [
    'what is to come',
    '2030-01-01T00:00',
    '2030-01-02T00:00',
    'day',
    '2030-01-01T00:00',
    '2030-01-02T00:00',
  ],
  ['the first week', undefined, '1970-01-02T00:00', 'day', '1970-01-01T00:00', '1970-01-02T00:00'],
] as const) {
  t.test(`asked for ${said} by the ${interval}, it is ${begin} to ${end}`, async (t) => {
    t.same(clickRange({ from: instant(from), to: instant(to), interval }, NOW), {
      ok: true,
      range: { from: instant(begin), to: instant(end), interval },
    })
  })
}

for (const interval of CLICK_INTERVAL_NAMES) {
  const { spanMsMax } = CLICK_INTERVALS[interval]
  t.test(`by the ${interval} it can be ${spanMsMax / DAY_MS} days and no more`, async (t) => {
    const range = (from: number) => clickRange({ from, to: NOW, interval }, NOW)
    t.match(range(NOW - spanMsMax), { ok: true })
    t.match(range(NOW - spanMsMax - 1), { ok: false, why: /days at most/ })
  })

  t.test(`by the ${interval} it has to begin before it ends`, async (t) => {
    const range = (from: number) => clickRange({ from, to: undefined, interval }, NOW)
    t.match(range(NOW - 1), { ok: true })
    t.match(range(NOW), { ok: false, why: /before/ })
    t.match(range(NOW + 1), { ok: false, why: /before/ })
    t.match(clickRange({ from: undefined, to: 0, interval }, NOW), { ok: false, why: /before/ })
  })
}

t.test('a series has every interval, and totals are their sum', async (t) => {
  const [from, to] = [Date.UTC(2026, 2, 28), Date.UTC(2026, 2, 31)]
  const second = { start: from + DAY_MS, human: 5, bot: 4, prefetch: 3, head: 2 }
  const third = { start: from + 2 * DAY_MS, human: 1, bot: 1, prefetch: 1, head: 1 }
  const none = { human: 0, bot: 0, prefetch: 0, head: 0 }
  t.same(clickSeries({ from, to, interval: 'day' }, [third, second]), {
    totals: { human: 6, bot: 5, prefetch: 4, head: 3 },
    series: [{ start: from, ...none }, second, third],
  })
  const hours = clickSeries({ from, to, interval: 'hour' }, [])
  t.same(hours.totals, none)
  t.equal(hours.series.length, 72)
  t.equal(hours.series.at(-1)?.start, to - 3_600_000)
})

function instant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(`${text}Z`)
}
