import type { Test } from 'tap'
import { DEVICE_CLASSES, hourOf, VISITOR_KINDS, type ClickCount } from '@fingerpost/model/click'
import { CLICKS_PER_BATCH_MAX } from '../src/core-api.ts'
import { givenDomainIn, newestSequence, targetOf } from './contract-steps.ts'
import type { CoreUnderTest, OpenCore } from './core-contract.ts'

const HOSTNAME = 'links.example.com'
const HOUR_MS = 3_600_000
/** As long as a hostname can be. */
const LONGEST_REFERRER = `${`${'a'.repeat(63)}.`.repeat(3)}${'a'.repeat(57)}.com`

/** Proves what `recordClicks` promises. */
export function proveClicks(t: Test, openCore: OpenCore): void {
  t.test('clicks that have everything in common are added up', async (t) => {
    await using open = await openCore()
    const click = await givenLinkToClick(open)
    const other = await givenLinkToClick(open, 'autumn')
    const clicks = [
      click,
      { ...click, count: 2 },
      { ...click, hour: click.hour - HOUR_MS },
      ...VISITOR_KINDS.map((visitor) => ({ ...click, visitor })),
      ...DEVICE_CLASSES.map((device) => ({ ...click, device })),
      { ...click, referrer: '' },
      { ...click, country: '' },
      { ...other, count: 7 },
    ]
    await open.core.recordClicks({ source: 'edge-1', number: 1, clicks })
    await open.core.recordClicks({ source: 'edge-1', number: 2, clicks })
    const own = clicks.filter(({ linkId }) => linkId === click.linkId)
    t.same(sums(await open.clicksOf(click.linkId)), sums([...own, ...own]))
    t.same(sums(await open.clicksOf(other.linkId)), sums([{ ...other, count: 14 }]))
  })

  t.test('a batch counts once, however often it is sent', async (t) => {
    await using open = await openCore()
    const click = await givenLinkToClick(open)
    const batch = { source: 'edge-1', number: 7, clicks: [click] }
    await Promise.all([1, 2, 3, 4].map(() => open.core.recordClicks(batch)))
    await open.core.recordClicks(batch)
    t.equal(await total(open, click), 1)
    await open.core.recordClicks({ ...batch, number: 6 })
    t.equal(await total(open, click), 1, 'a lower number was applied before')
    await open.core.recordClicks({ ...batch, number: 9 })
    t.equal(await total(open, click), 2, 'numbers may be left out')
    await open.core.recordClicks({ ...batch, source: 'edge-2', number: 1 })
    t.equal(await total(open, click), 3, 'every source has numbers of its own')
  })

  t.test('clicks of no link of the workspace are dropped, the others are counted', async (t) => {
    await using open = await openCore()
    const click = await givenLinkToClick(open)
    const foreign = await open.givenDomain('other', 'links.example.org')
    const theirs = await open.givenLink(foreign, 'spring', 'https://example.com/')
    const gone = await givenLinkToClick(open, 'gone')
    await open.deleteLink(gone.linkId)
    const clicks = [
      { ...click, linkId: theirs },
      { ...click, linkId: 'lnk_made-up' },
      { ...click, workspaceId: 'ws_made-up' },
      { ...click, workspaceId: '\u0000', linkId: '\u0000\ud800' },
      gone,
      click,
    ]
    await open.core.recordClicks({ source: 'edge-1', number: 1, clicks })
    t.equal(await total(open, click), 1)
    t.same(await open.clicksOf(theirs), [])
    await open.core.recordClicks({ source: 'edge-1', number: 2, clicks: [gone] })
    await open.core.recordClicks({ source: 'edge-1', number: 2, clicks: [click] })
    t.equal(await total(open, click), 1, 'a batch of which nothing is left is applied, too')
  })

  t.test('the largest batch is counted', async (t) => {
    await using open = await openCore()
    const click = await givenLinkToClick(open)
    const clicks = Array.from({ length: CLICKS_PER_BATCH_MAX }, (_, index) => ({
      ...click,
      referrer: LONGEST_REFERRER,
      hour: click.hour - index * HOUR_MS,
    }))
    await open.core.recordClicks({ source: 'edge-1', number: 1, clicks })
    await open.core.recordClicks({ source: 'edge-1', number: 2, clicks })
    t.equal(await total(open, click), 2 * CLICKS_PER_BATCH_MAX)
  })

  t.test('clicks are no changes', async (t) => {
    await using open = await openCore()
    const click = await givenLinkToClick(open)
    const before = await newestSequence(open)
    await open.core.recordClicks({ source: 'edge-1', number: 1, clicks: [click] })
    t.equal(await newestSequence(open), before)
  })
}

/** Adds a link, on one hostname, and gives one click of it in the present hour. */
async function givenLinkToClick(open: CoreUnderTest, slug = 'spring'): Promise<ClickCount> {
  const there = await open.core.lookupLink(targetOf(HOSTNAME, slug))
  const domainId =
    there.domain?.id ??
    (await givenDomainIn(open, { workspace: 'acme', hostname: HOSTNAME, status: 'active' }))
  const linkId = await open.givenLink(domainId, slug, 'https://example.com/')
  const { domain } = await open.core.lookupLink(targetOf(HOSTNAME, slug))
  return {
    workspaceId: domain?.workspaceId ?? '',
    linkId,
    hour: hourOf(open.now()),
    visitor: 'human',
    device: 'mobile',
    referrer: 'example.org',
    country: 'DE',
    count: 1,
  }
}

async function total(open: CoreUnderTest, { linkId }: ClickCount): Promise<number> {
  const counts = await open.clicksOf(linkId)
  return counts.reduce((sum, { count }) => sum + count, 0)
}

function sums(counts: readonly ClickCount[]): Readonly<Record<string, number>> {
  const all: Record<string, number> = {}
  for (const { hour, visitor, device, referrer, country, count } of counts) {
    const key = [hour, visitor, device, referrer, country].join('|')
    all[key] = (all[key] ?? 0) + count
  }
  return all
}
