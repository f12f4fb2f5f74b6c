import type { Test } from 'tap'
import {
  EVIDENCE_MAX,
  EVIDENCE_OCTETS_MAX,
  EVIDENCE_VALUES_MAX,
  type Evidence,
} from '@fingerpost/model/dns-evidence'
import type { EpochMs } from '@fingerpost/model/time'
import { HOSTNAMES_PAGE_MAX } from '../src/core-api.ts'
import { hostnameOf } from '../src/fake-rows.ts'
import type { OpenCore } from './core-contract.ts'
import { changesAfter, givenDomainIn, listAll, newestSequence } from './contract-steps.ts'

/** Proves what `listHostnames` promises. */
export function proveHostnames(t: Test, openCore: OpenCore): void {
  t.test('the list of no hostnames is one last page', async (t) => {
    await using open = await openCore()
    const { pages } = await listAll(open)
    t.match(pages, [{ hostnames: [], isLast: true }])
    t.equal(pages.length, 1)
  })

  t.test('every hostname is listed once, with the status that counts for it', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'a.example.com')
    await open.givenDomain('other', 'a.example.com')
    for (const [hostname, status] of HELD) {
      await givenDomainIn(open, { workspace: 'acme', hostname, status })
      await open.givenDomain('other', hostname)
    }
    await open.deleteDomain(await open.givenDomain('acme', 'z.example.com'))
    const { states } = await listAll(open)
    t.same(states, [
      { hostname: 'a.example.com', status: 'pending_verification', ...NO_CERTIFICATE },
      ...HELD.map(([hostname, status]) => ({ hostname, status, ...NO_CERTIFICATE })),
    ])
  })

  t.test('news of a certificate counts, with all the evidence that there can be', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'a.example.com')
    const notAfter = open.now() + 86_400_000
    const certificate = { issuer: 'R11', keyType: 'P-256', notBefore: open.now(), notAfter }
    await open.core.recordCertificate({
      hostname: hostnameOf('a.example.com'),
      seenAt: open.now(),
      news: { kind: 'seen', certificate },
      evidence: evidenceBeyondLimits(open.now()),
    })
    const { states } = await listAll(open)
    t.match(states, [{ hostname: 'a.example.com', certificate: 'issued', mayHoldUntil: notAfter }])
  })

  t.test('the changes after the list are those that it does not contain', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'a.example.com')
    const { pages } = await listAll(open)
    const sequence = pages[0]?.sequence ?? -1
    t.equal(sequence, await newestSequence(open))
    await open.givenDomain('acme', 'b.example.com')
    t.match(await changesAfter(open, sequence), [{ hostname: 'b.example.com' }])
  })

  t.test('a long list comes in pages of one sequence, and only the last says so', async (t) => {
    await using open = await openCore()
    const names = Array.from({ length: HOSTNAMES_PAGE_MAX + 1 }, (_, n) => `n${n}.example.com`)
    for (const name of names) await open.givenDomain('acme', name)
    const { pages, states } = await listAll(open)
    t.same(states.map((state) => state.hostname).toSorted(), names.toSorted())
    t.ok(pages.length > 1)
    t.ok(pages.every((page) => page.hostnames.length <= HOSTNAMES_PAGE_MAX))
    t.equal(new Set(pages.map((page) => page.sequence)).size, 1)
    t.same(
      pages.map((page) => page.isLast),
      pages.map((_, index) => index === pages.length - 1),
    )
  })

  t.test(
    'a list that is read while hostnames change is right with the changes after it',
    async (t) => {
      await using open = await openCore()
      const names = Array.from({ length: HOSTNAMES_PAGE_MAX + 1 }, (_, n) => `n${n}.example.com`)
      const ids = new Map<string, string>()
      for (const name of names) ids.set(name, await open.givenDomain('acme', name))
      const listed = new Set<string>()
      let sequence = -1
      for await (const page of open.core.listHostnames(AbortSignal.timeout(60_000))) {
        for (const { hostname } of page.hostnames) listed.add(hostname)
        if (sequence < 0) {
          // One that was listed, one that may be listed still, and two new ones at both ends.
          for (const name of ['n0.example.com', 'n999.example.com']) {
            await open.deleteDomain(ids.get(name) ?? '')
          }
          for (const name of ['a.example.com', 'z.example.com'])
            await open.givenDomain('acme', name)
        }
        sequence = page.sequence
      }
      for (const change of await changesAfter(open, sequence)) {
        if (change.kind !== 'hostname_changed') continue
        if (change.status === undefined) listed.delete(change.hostname)
        else listed.add(change.hostname)
      }
      const expected = ['a.example.com', 'z.example.com', ...names].filter(
        (name) => name !== 'n0.example.com' && name !== 'n999.example.com',
      )
      t.same([...listed].toSorted(), expected.toSorted())
    },
  )

  t.test('the list ends without an error when its reader wants no more', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'a.example.com')
    const stop = new AbortController()
    stop.abort()
    for await (const _page of open.core.listHostnames(stop.signal)) t.fail('a page came')
  })
}

function evidenceBeyondLimits(at: EpochMs): readonly Evidence[] {
  const long = 'x'.repeat(EVIDENCE_OCTETS_MAX + 1)
  const values = Array.from({ length: EVIDENCE_VALUES_MAX + 1 }, () => long)
  const texts = { server: long, question: long, outcome: long, values }
  return Array.from({ length: EVIDENCE_MAX + 1 }, () => ({
    role: 'acme',
    ...texts,
    ttlS: undefined,
    at,
  }))
}

const NO_CERTIFICATE = { certificate: 'none', mayHoldUntil: undefined }

const HELD = [
  ['b.example.com', 'verified'],
  ['c.example.com', 'active'],
  ['d.example.com', 'degraded'],
  ['e.example.com', 'suspended'],
] as const
