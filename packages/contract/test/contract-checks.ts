import { NO_OBSERVATIONS } from '@fingerpost/model/domain-check'
import { lookedAt } from '../src/fake-rows.ts'
import type { Test } from 'tap'
import type { CheckRecord, DueDomain } from '../src/core-api.ts'
import { CHECK_PAUSE_MS_MAX } from '../src/core-clock.ts'
import type { CoreUnderTest, OpenCore } from './core-contract.ts'
import {
  changesAfter,
  checkOf,
  claimAll,
  claimOne,
  givenDomainIn,
  LEASE_MS,
  newestSequence,
  NEXT_CHECK_MS,
  targetOf,
  transitionOf,
} from './contract-steps.ts'

/** Proves what `claimDueDomains` and `recordCheck` promise. */
export function proveChecks(t: Test, openCore: OpenCore): void {
  proveClaims(t, openCore)
  proveRecords(t, openCore)
  proveSuperseded(t, openCore)
  proveRaces(t, openCore)
}

function proveClaims(t: Test, openCore: OpenCore): void {
  t.test('a domain that was added is due, with all that a check has to know', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    const [due, ...others] = await claimAll(open)
    t.same(others, [])
    t.match(due, {
      id,
      workspaceId: /./,
      hostname: 'links.example.com',
      status: 'pending_verification',
      version: Number,
      cnameTarget: /./,
      verificationToken: /./,
      quietChecks: 0,
      lossSeenAt: undefined,
      graceEndsAt: undefined,
      observations: { routing: { found: [], checkedAt: undefined } },
      lease: /./,
    })
    t.ok((due?.dueAt ?? Infinity) <= open.now())
    t.ok((due?.fastUntil ?? 0) > open.now())
  })

  t.test('a claimed domain is nobody else’s until the lease runs out', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'links.example.com')
    const [first] = await claimAll(open)
    t.same(await claimAll(open), [])
    open.advance(LEASE_MS - 1)
    t.same(await claimAll(open), [])
    open.advance(1)
    const [second] = await claimAll(open)
    t.equal(second?.id, first?.id)
    t.not(second?.lease, first?.lease)
  })

  t.test('a clock that was set back does not make a lease longer', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'links.example.com')
    open.advance(365 * 86_400_000)
    const [first] = await claimAll(open)
    open.advance(-365 * 86_400_000)
    const [second] = await claimAll(open)
    t.equal(second?.id, first?.id)
    t.same(await claimAll(open), [])
  })

  t.test('the most overdue domains are claimed first, no more than asked for', async (t) => {
    await using open = await openCore()
    for (const hostname of ['c.example.com', 'a.example.com', 'b.example.com']) {
      await open.givenDomain('acme', hostname)
    }
    for (const due of await claimAll(open)) {
      const nextCheckAt = open.now() + 1_000 * due.hostname.charCodeAt(0)
      await open.core.recordCheck({ ...checkOf(open, due), nextCheckAt })
    }
    open.advance(1_000_000)
    const claim = { workerId: 'worker-1', limit: 2, leaseMs: LEASE_MS }
    const claims = [await open.core.claimDueDomains(claim), await open.core.claimDueDomains(claim)]
    t.match(claims, [
      [{ hostname: 'a.example.com' }, { hostname: 'b.example.com' }],
      [{ hostname: 'c.example.com' }],
    ])
  })

  t.test('workers that claim at the same time never share a domain', async (t) => {
    await using open = await openCore()
    const hostnames = Array.from({ length: 20 }, (_, n) => `n${n}.example.com`)
    for (const hostname of hostnames) await open.givenDomain('acme', hostname)
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        open.core.claimDueDomains({ workerId: `worker-${n}`, limit: 5, leaseMs: LEASE_MS }),
      ),
    )
    const rest = await claimAll(open)
    const names = [...claims.flat(), ...rest].map((domain) => domain.hostname)
    t.same(names.toSorted(), hostnames.toSorted())
  })

  t.test('a claim out of its limits is refused', async (t) => {
    await using open = await openCore()
    for (const [limit, leaseMs] of [
      [0, LEASE_MS],
      [101, LEASE_MS],
      [1, 999],
      [1, 600_001],
    ] as const) {
      const claim = open.core.claimDueDomains({ workerId: 'worker-1', limit, leaseMs })
      await t.rejects(claim, { code: 'body_invalid' }, `${limit} for ${leaseMs} ms`)
    }
  })
}

function proveRecords(t: Test, openCore: OpenCore): void {
  t.test('a check is stored and the domain is due when it says', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    const first = await claimOne(open, id)
    open.advance(5_000)
    const check: CheckRecord = {
      ...checkOf(open, first),
      observations: {
        ...NO_OBSERVATIONS,
        routing: lookedAt('wrong', ['elsewhere.example.org'], open.now()),
        ownership: lookedAt('missing', [], open.now()),
      },
      lossSeenAt: open.now() - 5,
      graceEndsAt: open.now() + 5,
    }
    t.equal(await open.core.recordCheck(check), 'applied')
    open.advance(NEXT_CHECK_MS - 1)
    t.same(await claimAll(open), [])
    open.advance(1)
    const second = await claimOne(open, id)
    t.match(second, {
      status: 'pending_verification',
      statusSince: first.statusSince,
      quietChecks: 1,
      lossSeenAt: check.lossSeenAt,
      graceEndsAt: check.graceEndsAt,
      observations: check.observations,
      dueAt: check.nextCheckAt,
    })
    await open.core.recordCheck({ ...checkOf(open, second), nextCheckAt: open.now() })
    t.match(await claimOne(open, id), { lossSeenAt: undefined, graceEndsAt: undefined })
  })

  t.test(
    'the pause before the next check counts, whatever the clock of the worker says',
    async (t) => {
      for (const aheadMs of [-86_400_000, 86_400_000]) {
        await using open = await openCore()
        const id = await open.givenDomain('acme', 'links.example.com')
        const checkedAt = open.now() + aheadMs
        const check = { ...checkOf(open, await claimOne(open, id)), checkedAt }
        await open.core.recordCheck({ ...check, nextCheckAt: checkedAt + NEXT_CHECK_MS })
        open.advance(NEXT_CHECK_MS - 1)
        t.same(await claimAll(open), [], `${aheadMs} ms ahead`)
        open.advance(1)
        t.equal((await claimAll(open)).length, 1, `${aheadMs} ms ahead`)
      }
    },
  )

  t.test('a pause that is longer than any counts as the longest', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    const check = checkOf(open, await claimOne(open, id))
    await open.core.recordCheck({ ...check, nextCheckAt: open.now() + 2 * CHECK_PAUSE_MS_MAX })
    open.advance(CHECK_PAUSE_MS_MAX - 1)
    t.same(await claimAll(open), [])
    open.advance(1)
    t.equal((await claimAll(open)).length, 1)
  })

  t.test('a transition changes the status, its start and the version', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    const before = await claimOne(open, id)
    open.advance(5_000)
    const check = { ...transitionOf(open, before, 'verified'), nextCheckAt: open.now() }
    t.equal(await open.core.recordCheck(check), 'applied')
    const after = await claimOne(open, id)
    t.match(after, { status: 'verified', quietChecks: 0 })
    t.ok(after.statusSince > before.statusSince)
    t.ok(after.version > before.version)
  })

  t.test('a check without a transition is no change', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    const before = await newestSequence(open)
    await open.core.recordCheck(checkOf(open, await claimOne(open, id)))
    t.equal(await newestSequence(open), before)
  })

  t.test('a domain that is not to be checked again is not', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    const due = await claimOne(open, id)
    await open.core.recordCheck({ ...checkOf(open, due), nextCheckAt: undefined })
    open.advance(365 * 86_400_000)
    t.same(await claimAll(open), [])
  })
}

function proveSuperseded(t: Test, openCore: OpenCore): void {
  const cases: readonly {
    readonly when: string
    readonly spoil: (open: CoreUnderTest, due: DueDomain) => Promise<Partial<CheckRecord>>
  }[] = [
    {
      when: 'another version is expected',
      spoil: async (_, due) => ({ expectedVersion: due.version + 1 }),
    },
    { when: 'the lease is another', spoil: async () => ({ lease: 'another' }) },
    {
      when: 'the lease ran out',
      spoil: async (open) => {
        open.advance(LEASE_MS)
        return {}
      },
    },
    {
      when: 'the lease ran out and is another worker’s',
      spoil: async (open) => {
        open.advance(LEASE_MS)
        await claimAll(open)
        return {}
      },
    },
    {
      when: 'the check is recorded already',
      spoil: async (open, due) => {
        await open.core.recordCheck(checkOf(open, due))
        return {}
      },
    },
    {
      when: 'the domain was deleted',
      spoil: async (open, due) => {
        await open.deleteDomain(due.id)
        return {}
      },
    },
    { when: 'the domain never was', spoil: async () => ({ domainId: 'dom_none' }) },
  ]
  for (const { when, spoil } of cases) {
    t.test(`nothing is stored when ${when}`, async (t) => {
      await using open = await openCore()
      const id = await open.givenDomain('acme', 'links.example.com')
      const due = await claimOne(open, id)
      const spoilt = await spoil(open, due)
      const before = await newestSequence(open)
      const check = { ...transitionOf(open, due, 'active'), ...spoilt }
      t.equal(await open.core.recordCheck(check), 'superseded')
      t.equal(await newestSequence(open), before)
      const lookup = await open.core.lookupLink(targetOf('links.example.com', ''))
      t.equal(lookup.domain, undefined)
    })
  }

  t.test('a check counts although settings were changed while it ran', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    await open.changeDomain(id, 'https://example.com/1')
    const due = await claimOne(open, id)
    await open.changeDomain(id, 'https://example.com/2')
    await open.changeDomain(id, 'https://example.com/3')
    t.equal(await open.core.recordCheck(transitionOf(open, due, 'active')), 'applied')
    const { domain } = await open.core.lookupLink(targetOf('links.example.com', ''))
    const version = due.version + 3
    t.match(domain, { status: 'active', rootUrl: 'https://example.com/3', version })
  })

  t.test('a domain whose check was superseded by a new version is due at once', async (t) => {
    await using open = await openCore()
    const id = await open.givenDomain('acme', 'links.example.com')
    const due = await claimOne(open, id)
    await open.core.recordCheck({ ...checkOf(open, due), expectedVersion: due.version + 1 })
    t.equal((await claimOne(open, id)).id, id)
  })
}

function proveRaces(t: Test, openCore: OpenCore): void {
  t.test('a hostname that one workspace holds cannot become another’s', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const holder = await givenDomainIn(open, { workspace: 'acme', hostname, status: 'suspended' })
    const rival = await open.givenDomain('other', hostname)
    const before = await newestSequence(open)
    const due = await claimOne(open, rival)
    const check = { ...transitionOf(open, due, 'verified'), nextCheckAt: open.now() }
    t.equal(await open.core.recordCheck(check), 'hostname_in_use')
    t.same(await changesAfter(open, before), [])
    t.match(await open.core.lookupLink(targetOf(hostname, '')), { domain: { id: holder } })
    const again = await claimOne(open, rival)
    t.match(again, {
      status: 'pending_verification',
      statusSince: due.statusSince,
      observations: check.observations,
    })
    await open.deleteDomain(holder)
    t.equal(await open.core.recordCheck(transitionOf(open, again, 'verified')), 'applied')
  })

  t.test('of workspaces that prove a hostname at the same time one gets it', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const workspaces = Array.from({ length: 8 }, (_, n) => `workspace-${n}`)
    for (const workspace of workspaces) await open.givenDomain(workspace, hostname)
    const due = await claimAll(open)
    const outcomes = await Promise.all(
      due.map((domain) => open.core.recordCheck(transitionOf(open, domain, 'verified'))),
    )
    t.equal(outcomes.filter((outcome) => outcome === 'applied').length, 1)
    t.equal(outcomes.filter((outcome) => outcome === 'hostname_in_use').length, 7)
    const winner = due[outcomes.indexOf('applied')]
    t.match(await open.core.lookupLink(targetOf(hostname, '')), { domain: { id: winner?.id } })
  })
}
