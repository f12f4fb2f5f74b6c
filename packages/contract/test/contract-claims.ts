import type { Test } from 'tap'
import type { CoreUnderTest, OpenCore } from './core-contract.ts'
import {
  changesAfter,
  checkOf,
  claimOne,
  givenDomainIn,
  newestSequence,
  targetOf,
  transitionOf,
} from './contract-steps.ts'

const HOSTNAME = 'links.example.com'

/** Proves that a claim that nobody proved tells nothing about who holds the hostname. */
export function proveClaimsAreQuiet(t: Test, openCore: OpenCore): void {
  const acts: Readonly<Record<string, (open: CoreUnderTest, claim: string) => Promise<unknown>>> = {
    added: (open) => open.givenDomain('third', HOSTNAME),
    'given settings': (open, claim) => open.changeDomain(claim, 'https://example.com/'),
    deleted: (open, claim) => open.deleteDomain(claim),
    checked: async (open, claim) =>
      open.core.recordCheck(checkOf(open, await claimOne(open, claim))),
    'proved in vain': async (open, claim) =>
      open.core.recordCheck(transitionOf(open, await claimOne(open, claim), 'verified')),
    'given a link, which is changed and deleted': async (open, claim) => {
      const link = await open.givenLink(claim, 'spring', 'https://example.com/1')
      await open.changeLink(link, 'https://example.com/2')
      await open.deleteLink(link)
    },
    'deleted with its links': async (open, claim) => {
      await open.givenLink(claim, 'spring', 'https://example.com/')
      await open.deleteDomain(claim)
    },
  }
  for (const [act, perform] of Object.entries(acts)) {
    t.test(`a claim on a held hostname that is ${act} is told to nobody`, async (t) => {
      await using open = await openCore()
      await givenDomainIn(open, { workspace: 'acme', hostname: HOSTNAME, status: 'active' })
      const claim = await open.givenDomain('other', HOSTNAME)
      const before = await newestSequence(open)
      await perform(open, claim)
      t.same(await changesAfter(open, before), [])
      t.equal(await newestSequence(open), before)
    })
  }

  t.test('of claims that nobody proved the first and the end of the last are told', async (t) => {
    await using open = await openCore()
    const first = await open.givenDomain('acme', HOSTNAME)
    const second = await open.givenDomain('other', HOSTNAME)
    await open.changeDomain(first, 'https://example.com/')
    await open.givenLink(first, 'spring', 'https://example.com/')
    await open.deleteDomain(first)
    await open.deleteDomain(second)
    const sequence = await newestSequence(open)
    const told = { kind: 'hostname_changed', hostname: HOSTNAME }
    const changes = await changesAfter(open, 0)
    t.match(changes, [
      { ...told, sequence: sequence - 1, status: 'pending_verification' },
      { ...told, sequence, status: undefined },
    ])
    t.equal(changes.length, 2)
  })

  t.test('the settings and the end of the one who holds a hostname are told', async (t) => {
    await using open = await openCore()
    const holder = await givenDomainIn(open, {
      workspace: 'acme',
      hostname: HOSTNAME,
      status: 'active',
    })
    await open.givenDomain('other', HOSTNAME)
    const before = await newestSequence(open)
    await open.changeDomain(holder, 'https://example.com/')
    await open.deleteDomain(holder)
    t.match(await changesAfter(open, before), [
      { kind: 'hostname_changed', hostname: HOSTNAME, status: 'active' },
      { kind: 'hostname_changed', hostname: HOSTNAME, status: 'pending_verification' },
    ])
  })

  t.test('what a claim was given untold counts once it holds the hostname', async (t) => {
    await using open = await openCore()
    const target = targetOf(HOSTNAME, 'spring')
    const claim = await open.givenDomain('acme', HOSTNAME)
    await open.changeDomain(claim, 'https://example.com/root')
    await open.givenLink(claim, 'spring', 'https://example.com/spring')
    const before = await newestSequence(open)
    t.match(await open.core.lookupLink(target), { domain: undefined, link: undefined })
    const due = await claimOne(open, claim)
    await open.core.recordCheck(transitionOf(open, due, 'verified'))
    t.match(await changesAfter(open, before), [
      { kind: 'hostname_changed', hostname: HOSTNAME, status: 'verified' },
    ])
    t.match(await open.core.lookupLink(target), {
      domain: { id: claim, rootUrl: 'https://example.com/root' },
      link: { destination: 'https://example.com/spring' },
    })
  })
}
