import type { Test } from 'tap'
import type { OpenCore } from './core-contract.ts'
import {
  claimOne,
  givenDomainIn,
  newestSequence,
  targetOf,
  transitionOf,
} from './contract-steps.ts'

/** Proves what `lookupLink` promises. */
export function proveLookups(t: Test, openCore: OpenCore): void {
  t.test('a hostname that nobody has leads to nothing', async (t) => {
    await using open = await openCore()
    const lookup = await open.core.lookupLink(targetOf('links.example.com', 'spring'))
    t.match(lookup, { domain: undefined, link: undefined })
  })

  t.test('a hostname that nobody has proved leads to nothing', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    await open.givenLink(id, 'spring', 'https://example.com/')
    const lookup = await open.core.lookupLink(targetOf('links.example.com', 'spring'))
    t.match(lookup, { domain: undefined, link: undefined })
  })

  t.test('a proved hostname leads to its domain, and its slug to the link', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const id = await givenDomainIn(open, { workspace: 'acme', hostname, status: 'verified' })
    const linkId = await open.givenLink(id, 'frühling', 'https://example.com/spring?a=1#b')
    const lookup = await open.core.lookupLink(targetOf(hostname, 'frühling'))
    t.match(lookup, {
      domain: { id, hostname, status: 'verified' },
      link: {
        id: linkId,
        slug: 'frühling',
        destination: 'https://example.com/spring?a=1#b',
        redirectStatus: 302,
        expiresAt: undefined,
        isDisabled: false,
      },
    })
    t.match(await open.core.lookupLink(targetOf(hostname, 'Frühling')), {
      domain: { id },
      link: undefined,
    })
  })

  t.test('the root link is found by the empty slug', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const id = await givenDomainIn(open, { workspace: 'acme', hostname, status: 'active' })
    t.equal((await open.core.lookupLink(targetOf(hostname, ''))).link, undefined)
    const linkId = await open.givenLink(id, '', 'https://example.com/')
    t.match(await open.core.lookupLink(targetOf(hostname, '')), { link: { id: linkId, slug: '' } })
  })

  t.test('a slug is looked up on its own hostname only', async (t) => {
    await using open = await openCore()
    const [one, other] = ['one.example.com', 'other.example.com']
    const id = await givenDomainIn(open, { workspace: 'acme', hostname: one, status: 'active' })
    await givenDomainIn(open, { workspace: 'acme', hostname: other, status: 'active' })
    await open.givenLink(id, 'spring', 'https://example.com/')
    t.equal((await open.core.lookupLink(targetOf(other, 'spring'))).link, undefined)
  })

  t.test('a suspended domain still holds its hostname', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const id = await givenDomainIn(open, { workspace: 'acme', hostname, status: 'suspended' })
    t.match(await open.core.lookupLink(targetOf(hostname, 'spring')), {
      domain: { id, status: 'suspended' },
    })
  })

  t.test('a changed link is seen at once, with a higher version and sequence', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const target = targetOf(hostname, 'spring')
    const id = await givenDomainIn(open, { workspace: 'acme', hostname, status: 'active' })
    const linkId = await open.givenLink(id, 'spring', 'https://example.com/1')
    const before = await open.core.lookupLink(target)
    await open.changeLink(linkId, 'https://example.com/2')
    const after = await open.core.lookupLink(target)
    t.equal(after.link?.destination, 'https://example.com/2')
    t.ok((after.link?.version ?? 0) > (before.link?.version ?? 0))
    t.ok(after.sequence > before.sequence)
    t.equal(after.sequence, await newestSequence(open))
    await open.deleteLink(linkId)
    t.equal((await open.core.lookupLink(target)).link, undefined)
  })

  t.test('a released hostname leads to nothing, and its next holder starts empty', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const first = await givenDomainIn(open, { workspace: 'acme', hostname, status: 'active' })
    await open.givenLink(first, 'spring', 'https://example.com/')
    const second = await open.givenDomain('other', hostname)
    await open.deleteDomain(first)
    t.match(await open.core.lookupLink(targetOf(hostname, 'spring')), {
      domain: undefined,
      link: undefined,
    })
    const due = await claimOne(open, second)
    t.equal(await open.core.recordCheck(transitionOf(open, due, 'verified')), 'applied')
    t.match(await open.core.lookupLink(targetOf(hostname, 'spring')), {
      domain: { id: second, workspaceId: due.workspaceId },
      link: undefined,
    })
  })
}
