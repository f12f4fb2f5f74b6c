import t from 'tap'
import { DEVICE_CLASSES, VISITOR_KINDS, type ClickCount } from '@fingerpost/model/click'
import { canonicalHostname } from '@fingerpost/model/hostname'
import {
  admitCombinations,
  combinationKey,
  COMBINATIONS_MAX,
  FOLDED,
  FOLDING_STEPS,
  hourKey,
  mergeClicks,
  sumHours,
  type FoldingStep,
} from './click-folding.ts'

const CLICK: ClickCount = {
  workspaceId: 'ws_1',
  linkId: 'lnk_1',
  hour: 7_200_000,
  visitor: 'human',
  device: 'mobile',
  referrer: 'example.org',
  country: 'DE',
  count: 1,
}
const OTHERS: readonly Partial<ClickCount>[] = [
  { workspaceId: 'ws_2' },
  { linkId: 'lnk_2' },
  { hour: 3_600_000 },
  { visitor: 'bot' },
  { device: 'tablet' },
  { referrer: '' },
  { country: '' },
]

t.test('only counts that have everything in common are merged', async (t) => {
  const others = OTHERS.map((other) => ({ ...CLICK, ...other }))
  t.equal(new Set([CLICK, ...others].map(combinationKey)).size, others.length + 1)
  t.same(mergeClicks([CLICK, ...others, { ...CLICK, count: 4 }]), [
    { ...CLICK, count: 5 },
    ...others,
  ])
  t.same(mergeClicks([]), [])
})

t.test('the hours of every link are summed by the kind of visit', async (t) => {
  const clicks = [
    CLICK,
    { ...CLICK, referrer: '', count: 2 },
    ...VISITOR_KINDS.map((visitor) => ({ ...CLICK, visitor })),
    { ...CLICK, hour: 0, count: 9 },
    { ...CLICK, workspaceId: 'ws_2' },
  ]
  const { workspaceId, linkId, hour } = CLICK
  const none = { human: 0, bot: 0, prefetch: 0, head: 0 }
  t.same(sumHours(clicks), [
    { workspaceId, linkId, hour, human: 4, bot: 1, prefetch: 1, head: 1 },
    { ...none, workspaceId, linkId, hour: 0, human: 9 },
    { ...none, workspaceId: 'ws_2', linkId, hour, human: 1 },
  ])
})

t.test('what stands for too many values is no hostname and no country', async (t) => {
  t.equal(canonicalHostname(FOLDED), undefined)
  t.notMatch(FOLDED, /^[A-Z]{2}$/)
})

for (const [taken, fits] of [
  [0, 2],
  [398, 2],
  [399, 1],
  [400, 0],
  [500, 0],
] as const) {
  t.test(`${fits} of two new combinations fit beside ${taken}`, async (t) => {
    const clicks = [CLICK, { ...CLICK, referrer: 'example.com', count: 3 }]
    const before = new Map([[hourKey(CLICK), taken]])
    const { admitted, folded, combinations } = admitCombinations(clicks, before, step(0))
    t.equal(admitted.length, fits)
    t.equal(combinations.get(hourKey(CLICK)), taken + fits)
    const kept = [...admitted, ...folded].reduce((sum, { count }) => sum + count, 0)
    t.equal(kept, 4, 'no click is lost')
    t.equal(folded.length, fits === 2 ? 0 : 1, 'what is folded is one combination')
    if (fits === 1) t.match(admitted, [{ referrer: 'example.com' }], 'the more frequent one')
    t.equal(before.get(hourKey(CLICK)), taken, 'what was given is not changed')
  })
}

t.test('first the referrer is given up, then the country', async (t) => {
  const full = new Map([[hourKey(CLICK), COMBINATIONS_MAX]])
  const first = admitCombinations([CLICK], full, step(0))
  t.same(first.folded, [{ ...CLICK, referrer: FOLDED }])
  const second = admitCombinations(first.folded, full, step(1))
  t.same(second.folded, [{ ...CLICK, referrer: FOLDED, country: FOLDED }])
  t.same(admitCombinations(second.folded, full, step(2)).folded, second.folded)
})

t.test('no hour ever has more combinations than the most there can be', async (t) => {
  let combinations: ReadonlyMap<string, number> = new Map()
  const there = new Set<string>()
  for (let round = 0; round < 30; round += 1) {
    let left: readonly ClickCount[] = VISITOR_KINDS.flatMap((visitor) =>
      DEVICE_CLASSES.map((device) => ({
        ...CLICK,
        visitor,
        device,
        referrer: `made-up-${round}.example`,
        country: String.fromCodePoint(65 + (round % 26), 65 + (round % 7)),
      })),
    )
    for (const one of FOLDING_STEPS) {
      const missing = left.filter((click) => !there.has(combinationKey(click)))
      const decided = admitCombinations(missing, combinations, one)
      for (const click of decided.admitted) there.add(combinationKey(click))
      ;({ combinations, folded: left } = decided)
    }
    t.same(left, [], 'in the end everything has its place')
  }
  t.equal(there.size, COMBINATIONS_MAX)
  t.equal(combinations.get(hourKey(CLICK)), COMBINATIONS_MAX)
})

function step(index: number): FoldingStep {
  const found = FOLDING_STEPS[index]
  if (found === undefined) throw new Error('There is no such step.')
  return found
}
