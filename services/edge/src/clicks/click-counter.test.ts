import type { ClickCount } from '@fingerpost/model/click'
import t from 'tap'
import { activeDomain, plainLink } from '../../test/support/served.ts'
import { BoundedMemo } from '../bounded-memo.ts'
import { ClickCounter } from './click-counter.ts'
import type { TallyMemo } from './click-table.ts'
import type { Said } from './said.ts'

const HOUR_MS = 3_600_000
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148'
const SILENT: Said = {
  method: 'GET',
  userAgent: undefined,
  referer: undefined,
  dnt: undefined,
  secGpc: undefined,
  purpose: undefined,
  forwardedFor: undefined,
  country: undefined,
  peerAddress: () => undefined,
}
const ALL: Said = {
  ...SILENT,
  userAgent: IPHONE,
  referer: 'https://news.example.org/today',
  country: 'DE',
}

const domainThat = (honours: boolean) => activeDomain('links.acme.com', honours)
const linkNamed = (id: string) => plainLink(id, 'spring')

const DOMAIN = domainThat(true)
const LINK = linkNamed('lnk_1')

function memo(): TallyMemo {
  return { tally: undefined }
}

function counterOf(options: { readonly entriesMax?: number } = {}) {
  const state = { now: 0, asked: 0, bots: 0 }
  const counter = new ClickCounter(
    { entriesMax: options.entriesMax ?? 100, textsMax: 10, textLengthMax: 100 },
    {
      now: () => state.now,
      isBot: (userAgent) => {
        state.bots += 1
        return userAgent.includes('bot')
      },
      countryOf: (said) => said.country ?? '',
      onFull: () => {
        state.asked += 1
      },
    },
  )
  return { counter, state }
}

t.test('clicks with everything in common are one count', async (t) => {
  const { counter } = counterOf()
  for (let click = 0; click < 3; click += 1) counter.count(DOMAIN, LINK, ALL, memo())
  counter.count(DOMAIN, linkNamed('lnk_2'), SILENT, memo())
  const base = { workspaceId: 'ws_1', hour: 0, visitor: 'human' }
  t.same(
    [...counter.take()],
    [
      {
        ...base,
        linkId: 'lnk_1',
        device: 'mobile',
        referrer: 'example.org',
        country: 'DE',
        count: 3,
      },
      { ...base, linkId: 'lnk_2', device: 'unknown', referrer: '', country: '', count: 1 },
    ],
  )
  t.same([...counter.take()], [], 'what was taken is not taken twice')
})

t.test('each dimension makes a count of its own', async (t) => {
  const { counter } = counterOf()
  const visits: Said[] = [
    ALL,
    { ...ALL, method: 'HEAD' },
    { ...ALL, purpose: 'prefetch' },
    { ...ALL, userAgent: 'some-bot' },
    { ...ALL, userAgent: 'Mozilla/5.0 (Windows NT 10.0)' },
    { ...ALL, referer: 'https://example.net/' },
    { ...ALL, country: 'AA' },
    { ...ALL, country: 'ZW' },
    { ...ALL, country: '' },
  ]
  for (const said of [...visits, ...visits]) counter.count(DOMAIN, LINK, said, memo())
  const counts = [...counter.take()]
  t.equal(counts.length, visits.length)
  t.ok(counts.every(({ count }) => count === 2))
  t.same(
    counts.map(({ visitor, device, referrer, country }) => [visitor, device, referrer, country]),
    [
      ['human', 'mobile', 'example.org', 'DE'],
      ['head', 'mobile', 'example.org', 'DE'],
      ['prefetch', 'mobile', 'example.org', 'DE'],
      ['bot', 'other', 'example.org', 'DE'],
      ['human', 'desktop', 'example.org', 'DE'],
      ['human', 'mobile', 'example.net', 'DE'],
      ['human', 'mobile', 'example.org', 'AA'],
      ['human', 'mobile', 'example.org', 'ZW'],
      ['human', 'mobile', 'example.org', ''],
    ],
  )
  t.same(counter.countedByVisitor(), [
    ['human', 12],
    ['bot', 2],
    ['prefetch', 2],
    ['head', 2],
  ])
})

const WITHHELD = { device: 'unknown', referrer: '', country: '' }
const TOLD = { device: 'mobile', referrer: 'example.org', country: 'DE' }
for (const signal of [{ dnt: '1' }, { secGpc: '1' }, { dnt: '0' }, {}]) {
  for (const honours of [true, false]) {
    const isWithheld = honours && Object.values(signal).includes('1')
    const what = `${JSON.stringify(signal)} on a domain that ${honours ? 'honours' : 'ignores'} it`
    t.test(`${what} ${isWithheld ? 'withholds' : 'leaves'} the dimensions`, async (t) => {
      const { counter } = counterOf()
      counter.count(domainThat(honours), LINK, { ...ALL, ...signal, purpose: 'prefetch' }, memo())
      t.match([...counter.take()], [{ visitor: 'prefetch', ...(isWithheld ? WITHHELD : TOLD) }])
    })
  }
}

t.test('a click counts in the hour it came in, also when the clock is set back', async (t) => {
  const { counter, state } = counterOf()
  for (const now of [HOUR_MS - 1, HOUR_MS, HOUR_MS - 1, 5 * HOUR_MS]) {
    state.now = now
    counter.count(DOMAIN, LINK, SILENT, memo())
  }
  t.same(
    [...counter.take()].map(({ hour }: ClickCount) => hour),
    [0, HOUR_MS, 0, 5 * HOUR_MS],
  )
})

t.test(
  'beyond the bound new counts ask for a seal and are dropped, known ones go on',
  async (t) => {
    const { counter, state } = counterOf({ entriesMax: 2 })
    counter.count(DOMAIN, LINK, SILENT, memo())
    state.now = HOUR_MS
    counter.count(DOMAIN, LINK, SILENT, memo())
    t.equal(counter.entries, 2)
    counter.count(DOMAIN, LINK, ALL, memo())
    counter.count(DOMAIN, LINK, { ...SILENT, userAgent: 'x' }, memo())
    counter.count(DOMAIN, linkNamed('lnk_2'), SILENT, memo())
    counter.count(DOMAIN, LINK, SILENT, memo())
    t.match(
      { dropped: counter.dropped, asked: state.asked, entries: counter.entries },
      {
        dropped: 3,
        asked: 3,
        entries: 2,
      },
    )
    t.same(
      [...counter.take()].map(({ count }) => count),
      [1, 2],
    )
    t.equal(counter.entries, 0)
  },
)

t.test('a seal that comes at once makes room for the click that asked for it', async (t) => {
  const taken: ClickCount[] = []
  const counter: ClickCounter = new ClickCounter(
    { entriesMax: 1, textsMax: 10, textLengthMax: 100 },
    {
      now: () => 0,
      isBot: () => false,
      countryOf: undefined,
      onFull: () => taken.push(...counter.take()),
    },
  )
  counter.count(DOMAIN, LINK, SILENT, memo())
  counter.count(DOMAIN, linkNamed('lnk_2'), SILENT, memo())
  t.equal(counter.dropped, 0)
  t.same(
    [...taken, ...counter.take()].map(({ linkId }) => linkId),
    ['lnk_1', 'lnk_2'],
  )
})

t.test(
  'a User-Agent is judged once, its first part only, and long ones are not kept',
  async (t) => {
    const { counter, state } = counterOf()
    for (let click = 0; click < 5; click += 1) counter.count(DOMAIN, LINK, ALL, memo())
    t.equal(state.bots, 1)
    const long = `${'x'.repeat(100)}bot`
    for (let click = 0; click < 5; click += 1)
      counter.count(DOMAIN, LINK, { ...SILENT, userAgent: long }, memo())
    t.equal(state.bots, 6)
    t.same(
      [...counter.take()].map(({ visitor }) => visitor),
      ['human', 'human'],
    )
  },
)

t.test('a memo keeps what is used and stays within its bounds', async (t) => {
  const made: string[] = []
  const memo = new BoundedMemo({ entriesMax: 10, lengthMax: 5 }, (text) => {
    made.push(text)
    return { text }
  })
  for (let index = 0; index < 1_000; index += 1) {
    t.equal(memo.get(`t${index}`).text, `t${index}`)
    memo.get('kept')
    memo.get('too long')
    if (memo.size > 10) t.fail(`${memo.size} are remembered`)
  }
  t.equal(made.filter((text) => text === 'kept').length, 1)
  t.equal(made.filter((text) => text === 'too long').length, 1_000)
})

t.test('what is remembered of a link counts in its own table only', async (t) => {
  const { counter, state } = counterOf()
  const kept = memo()
  const sums: number[][] = []
  for (const clicks of [3, 1, 2]) {
    for (let click = 0; click < clicks; click += 1) counter.count(DOMAIN, LINK, SILENT, kept)
    counter.count(DOMAIN, LINK, ALL, kept)
    counter.count(DOMAIN, LINK, SILENT, memo())
    sums.push([...counter.take()].map(({ count }: ClickCount) => count))
  }
  t.same(sums, [
    [4, 1],
    [2, 1],
    [3, 1],
  ])
  state.now = HOUR_MS
  counter.count(DOMAIN, LINK, SILENT, kept)
  t.match([...counter.take()], [{ hour: HOUR_MS, count: 1 }])
})
