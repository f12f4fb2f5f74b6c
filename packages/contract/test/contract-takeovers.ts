import { DOMAIN_STATUSES } from '@fingerpost/model/domain-status'
import type { Test } from 'tap'
import type { Change, CheckRecord, DueDomain, LinkTarget, Sequence } from '../src/core-api.ts'
import type { CoreUnderTest, OpenCore } from './core-contract.ts'
import {
  changesAfter,
  checkOf,
  claimAll,
  claimOne,
  givenDomainIn,
  newestSequence,
  targetOf,
  transitionOf,
} from './contract-steps.ts'

const HOSTNAME = 'links.example.com'

/** Proves how a hostname passes from one workspace to another, and what a deletion leaves. */
export function proveTakeovers(t: Test, openCore: OpenCore): void {
  proveMoves(t, openCore)
  proveRefusals(t, openCore)
  proveNothingOutdated(t, openCore)
  proveTombstones(t, openCore)
}

function proveMoves(t: Test, openCore: OpenCore): void {
  t.test('a takeover moves the hostname in one step that everybody hears of', async (t) => {
    await using open = await openCore()
    const holder = await givenDomainIn(open, {
      workspace: 'acme',
      hostname: HOSTNAME,
      status: 'active',
    })
    const claim = await open.givenDomain('other', HOSTNAME)
    const before = await newestSequence(open)
    const due = await claimOne(open, claim)
    t.equal(due.holder?.domainId, holder)
    t.equal(await open.core.recordCheck(takeover(open, due)), 'applied')
    t.match(await changesAfter(open, before), [
      { kind: 'hostname_changed', hostname: HOSTNAME, status: 'verified' },
    ])
    t.match(await open.core.lookupLink(targetOf(HOSTNAME, '')), {
      domain: { id: claim, status: 'verified' },
    })
    const lost = await claimOne(open, holder)
    t.match(lost, { status: 'pending_verification', quietChecks: 0, takeoverSeenAt: undefined })
    t.match(lost, { lossSeenAt: undefined, graceEndsAt: undefined, holder: { domainId: claim } })
  })

  t.test('a check that runs while its domain loses the hostname changes nothing', async (t) => {
    await using open = await openCore()
    const holder = await givenDomainIn(open, {
      workspace: 'acme',
      hostname: HOSTNAME,
      status: 'active',
    })
    const claim = await open.givenDomain('other', HOSTNAME)
    open.advance(3_600_000)
    const due = await claimAll(open)
    const [ofHolder, ofClaim] = [holder, claim].map((id) => due.find((one) => one.id === id))
    if (ofHolder === undefined || ofClaim === undefined) throw new Error('Both have to be due.')
    t.equal(await open.core.recordCheck(takeover(open, ofClaim)), 'applied')
    const late = transitionOf(open, ofHolder, 'degraded')
    t.equal(await open.core.recordCheck(late), 'superseded')
    t.match(await open.core.lookupLink(targetOf(HOSTNAME, '')), { domain: { id: claim } })
  })
}

function proveRefusals(t: Test, openCore: OpenCore): void {
  t.test('a takeover from who does not hold the hostname any more is refused', async (t) => {
    await using open = await openCore()
    await givenDomainIn(open, { workspace: 'acme', hostname: HOSTNAME, status: 'active' })
    const second = await open.givenDomain('second', HOSTNAME)
    const third = await open.givenDomain('third', HOSTNAME)
    const due = await claimAll(open)
    const [ofSecond, ofThird] = [second, third].map((id) => due.find((one) => one.id === id))
    if (ofSecond === undefined || ofThird === undefined) throw new Error('Both have to be due.')
    t.equal(await open.core.recordCheck(takeover(open, ofSecond)), 'applied')
    const before = await newestSequence(open)
    t.equal(await open.core.recordCheck(takeover(open, ofThird)), 'hostname_in_use')
    t.same(await changesAfter(open, before), [])
    t.match(await open.core.lookupLink(targetOf(HOSTNAME, '')), { domain: { id: second } })
  })

  t.test('a takeover from who has gone is a claim as any other', async (t) => {
    await using open = await openCore()
    const domain = { workspace: 'acme', hostname: HOSTNAME, status: 'active' } as const
    const holder = await givenDomainIn(open, domain)
    const claim = await open.givenDomain('other', HOSTNAME)
    const due = await claimOne(open, claim)
    await open.deleteDomain(holder)
    t.equal(await open.core.recordCheck(takeover(open, due)), 'applied')
    t.match(await open.core.lookupLink(targetOf(HOSTNAME, '')), { domain: { id: claim } })
  })

  t.test('a takeover of another hostname takes nothing', async (t) => {
    await using open = await openCore()
    const other = 'other.example.com'
    const domain = { workspace: 'acme', hostname: other, status: 'active' } as const
    const holder = await givenDomainIn(open, domain)
    const due = await claimOne(open, await open.givenDomain('rival', HOSTNAME))
    const check = takeover(open, { ...due, holder: { domainId: holder, verificationToken: 'x' } })
    t.equal(await open.core.recordCheck(check), 'applied')
    t.match(await open.core.lookupLink(targetOf(other, '')), { domain: { id: holder } })
  })
}

function proveNothingOutdated(t: Test, openCore: OpenCore): void {
  t.test('a hostname that goes and comes back shows no link of before', async (t) => {
    await using open = await openCore()
    const cache = new FollowingCache(open)
    const domain = { workspace: 'acme', hostname: HOSTNAME, status: 'active' } as const
    const first = await givenDomainIn(open, domain)
    const second = await open.givenDomain('other', HOSTNAME)
    // A slug for each, so that what is kept of one is not replaced by the other's.
    const sides = []
    for (const [id, slug] of [
      [first, 'spring'],
      [second, 'autumn'],
    ] as const) {
      sides.push({ id, slug, link: await open.givenLink(id, slug, 'https://example.com/0') })
    }
    let [holder, claim] = sides
    for (let round = 1; round <= 5 && holder && claim; round += 1) {
      const shown = targetOf(HOSTNAME, holder.slug)
      await cache.follow()
      const before = await open.core.lookupLink(shown)
      t.equal(await cache.destinationOf(shown), before.link?.destination, `round ${round}`)
      t.ok(before.link)
      open.advance(3_600_000)
      const due = await claimOne(open, claim.id)
      t.equal(await open.core.recordCheck(takeover(open, due)), 'applied', `round ${round}`)
      // Changed while it does not hold the hostname: nobody is told.
      await open.changeLink(holder.link, `https://example.com/${round}`)
      await cache.follow()
      // Another slug, so that the domain is known again before its link is asked for.
      await cache.destinationOf(targetOf(HOSTNAME, ''))
      ;[holder, claim] = [claim, holder]
    }
  })
}

function proveTombstones(t: Test, openCore: OpenCore): void {
  t.test('a deleted domain is looked at until its DNS leads elsewhere', async (t) => {
    await using open = await openCore()
    const domain = { workspace: 'acme', hostname: HOSTNAME, status: 'active' } as const
    const id = await givenDomainIn(open, domain)
    await open.deleteDomain(id)
    const before = await newestSequence(open)
    const due = await claimOne(open, id)
    t.match(due, { isTombstone: true, hostname: HOSTNAME, holder: undefined })
    const again = { ...checkOf(open, due), nextCheckAt: open.now(), lossSeenAt: open.now() }
    t.equal(await open.core.recordCheck(again), 'applied')
    const last = await claimOne(open, id)
    t.match(last, { isTombstone: true, lossSeenAt: open.now() })
    const end = { ...checkOf(open, last), nextCheckAt: undefined }
    t.equal(await open.core.recordCheck(end), 'applied')
    open.advance(365 * 86_400_000)
    t.same(await claimAll(open), [])
    t.same(await changesAfter(open, before), [])
  })

  t.test('no check brings a deleted domain back', async (t) => {
    await using open = await openCore()
    const domain = { workspace: 'acme', hostname: HOSTNAME, status: 'active' } as const
    const id = await givenDomainIn(open, domain)
    const second = await open.givenDomain('other', HOSTNAME)
    await open.deleteDomain(id)
    const before = await newestSequence(open)
    const due = await claimOne(open, id)
    t.equal(await open.core.recordCheck(transitionOf(open, due, 'verified')), 'applied')
    t.same(await changesAfter(open, before), [])
    t.match(await open.core.lookupLink(targetOf(HOSTNAME, '')), { domain: undefined })
    open.advance(3_600_000)
    t.match(await claimOne(open, second), { holder: undefined })
  })

  t.test('a deleted claim is not looked at', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', HOSTNAME)
    await open.deleteDomain(id)
    t.same(await claimAll(open), [])
  })
}

/** Makes the check that takes the hostname from the domain that holds it. */
function takeover(open: CoreUnderTest, due: DueDomain): CheckRecord {
  const check = transitionOf(open, due, 'verified')
  if (check.transition === undefined) throw new Error('A takeover is a transition.')
  const takesOverFrom = due.holder?.domainId ?? 'dom_none'
  return { ...check, transition: { ...check.transition, takesOverFrom } }
}

/**
 * What a program that follows the changes may keep: a domain until its hostname
 * changed, a link until it changed itself, as long as its domain has the same id.
 */
class FollowingCache {
  readonly #open: CoreUnderTest
  readonly #domains = new Map<string, string | undefined>()
  readonly #links = new Map<string, { readonly domainId: string; readonly url: string }>()
  #sequence: Sequence = 0

  constructor(open: CoreUnderTest) {
    this.#open = open
  }

  async follow(): Promise<void> {
    for (const change of await changesAfter(this.#open, this.#sequence)) this.#apply(change)
  }

  async destinationOf(target: LinkTarget): Promise<string | undefined> {
    const key = `${target.hostname}/${target.slug}`
    const kept = this.#links.get(key)
    const domainId = this.#domains.get(target.hostname)
    if (kept !== undefined && domainId === kept.domainId) return kept.url
    const { domain, link } = await this.#open.core.lookupLink(target)
    const isServed = domain !== undefined && DOMAIN_STATUSES[domain.status].servesRedirects
    this.#domains.set(target.hostname, isServed ? domain.id : undefined)
    if (isServed && link !== undefined) {
      this.#links.set(key, { domainId: domain.id, url: link.destination })
    }
    return link?.destination
  }

  #apply(change: Change): void {
    this.#sequence = change.sequence
    if (change.kind === 'hostname_changed') this.#domains.delete(change.hostname)
    if (change.kind === 'link_changed') this.#links.delete(`${change.hostname}/${change.slug}`)
  }
}
