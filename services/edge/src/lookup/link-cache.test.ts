import t from 'tap'
import { activeDomain, plainLink, targetOf } from '../../test/support/served.ts'
import { DEFAULT_LIMITS } from '../../test/support/test-edge.ts'
import { LinkCache } from './link-cache.ts'

const HOSTNAME = 'links.example.com'
const DOMAIN = activeDomain(HOSTNAME)

const linkOf = (slug: string) => plainLink(`lnk_${slug}`, slug)

/** A cache with a link that was restored at change 7 of the history "one". */
function restoredCache() {
  const cache = new LinkCache(DEFAULT_LIMITS.cache)
  const said = { sequence: 7, confirmedAtMs: 0 }
  const link = { hostname: DOMAIN.hostname, domainId: DOMAIN.id, link: linkOf('old'), ...said }
  cache.restore({ domains: [{ domain: DOMAIN, ...said }], links: [link] }, 'one')
  return cache
}

/** Puts a link, as core gives it. */
function put(cache: LinkCache, slug: string, at: { lineage: string; generation: number }): void {
  const lookup = { sequence: 9, lineage: at.lineage, domain: DOMAIN, link: linkOf(slug) }
  cache.put(targetOf(HOSTNAME, slug), lookup, 0, at.generation)
}

function sequencesOf(cache: LinkCache): Readonly<Record<string, number>> {
  const { links } = cache.hottest(10)
  return Object.fromEntries(links.map(({ link, sequence }) => [String(link.slug), sequence]))
}

t.test('entries keep their place in the order as long as changes compare with it', async (t) => {
  const cache = restoredCache()
  put(cache, 'new', { lineage: 'one', generation: 0 })
  t.same(sequencesOf(cache), { old: 7, new: 9 })
  cache.noteLineage('one')
  t.same(sequencesOf(cache), { old: 7, new: 9 })
})

t.test('entries of a former generation have none, so that any change counts', async (t) => {
  const cache = new LinkCache(DEFAULT_LIMITS.cache)
  put(cache, 'former', { lineage: 'one', generation: 0 })
  cache.forgetFailures()
  cache.noteLineage('two')
  t.same(sequencesOf(cache), { former: 0 })
  t.match(cache.hottest(10).domains, [{ sequence: 0 }])
  put(cache, 'present', { lineage: 'two', generation: 1 })
  t.same(sequencesOf(cache), { former: 0, present: 9 })
  t.match(cache.hottest(10).domains, [{ sequence: 9 }])
})

t.test('what was restored does not compare when core answers in another history', async (t) => {
  const cache = restoredCache()
  put(cache, 'new', { lineage: 'two', generation: 0 })
  t.same(sequencesOf(cache), { old: 0, new: 9 })
})

t.test('what was restored goes when the stream is of another history', async (t) => {
  const cache = restoredCache()
  put(cache, 'new', { lineage: 'two', generation: 0 })
  cache.noteLineage('two')
  t.same(sequencesOf(cache), { new: 9 })
})

t.test('what was restored stays when the stream does not tell its history', async (t) => {
  const cache = restoredCache()
  cache.noteLineage(undefined)
  t.same(sequencesOf(cache), { old: 0 })
})
