import type { Test } from 'tap'
import type { Change } from '../src/core-api.ts'
import type { OpenCore } from './core-contract.ts'
import {
  changesAfter,
  claimOne,
  givenDomainIn,
  newestSequence,
  transitionOf,
} from './contract-steps.ts'

/** Proves what `watchChanges` promises. */
export function proveStream(t: Test, openCore: OpenCore): void {
  t.test('without changes the stream begins with a heartbeat', async (t) => {
    await using open = await openCore()
    const stop = new AbortController()
    for await (const change of open.core.watchChanges({ afterSequence: 0 }, stop.signal)) {
      t.equal(change.kind, 'heartbeat')
      stop.abort()
    }
  })

  t.test('every change is told in order, and its sequence only grows', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const id = await open.givenDomain('acme', hostname)
    const due = await claimOne(open, id)
    await open.core.recordCheck(transitionOf(open, due, 'verified'))
    const linkId = await open.givenLink(id, 'spring', 'https://example.com/1')
    await open.changeLink(linkId, 'https://example.com/2')
    await open.deleteLink(linkId)
    await open.deleteDomain(id)
    const changes = await changesAfter(open, 0)
    t.match(changes, [
      { kind: 'hostname_changed', hostname, status: 'pending_verification' },
      { kind: 'hostname_changed', hostname, status: 'verified' },
      { kind: 'link_changed', hostname, slug: 'spring' },
      { kind: 'link_changed', hostname, slug: 'spring' },
      { kind: 'link_changed', hostname, slug: 'spring' },
      { kind: 'hostname_changed', hostname, status: undefined },
    ])
    for (const [index, change] of changes.entries()) {
      t.ok(change.sequence > (changes[index - 1]?.sequence ?? 0))
    }
  })

  t.test('the stream goes on after the sequence that was applied', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'one.example.com')
    const applied = await newestSequence(open)
    t.same(await changesAfter(open, applied), [])
    await open.givenDomain('acme', 'two.example.com')
    t.match(await changesAfter(open, applied), [{ hostname: 'two.example.com' }])
  })

  t.test('a change is told to everyone who watches', async (t) => {
    await using open = await openCore()
    const told = await Promise.all([
      firstAfterHeartbeat(open, () => open.givenDomain('acme', 'one.example.com')),
      firstAfterHeartbeat(open, async () => {}),
    ])
    t.match(told, [{ hostname: 'one.example.com' }, { hostname: 'one.example.com' }])
  })

  t.test('who missed changes that are not kept any more is told to start over', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'one.example.com')
    const applied = await newestSequence(open)
    await open.givenDomain('acme', 'two.example.com')
    await open.forgetChanges()
    const changes = await changesAfter(open, applied)
    t.match(changes, [{ kind: 'reset' }])
    const reset = changes[0]?.sequence ?? 0
    t.ok(reset > applied)
    await open.givenDomain('acme', 'three.example.com')
    t.match(await changesAfter(open, reset), [{ hostname: 'three.example.com' }])
  })

  t.test('who has missed nothing goes on although nothing is kept', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'one.example.com')
    const applied = await newestSequence(open)
    await open.forgetChanges()
    t.same(await changesAfter(open, applied), [])
  })

  t.test('who knows of changes that core never made is told to start over', async (t) => {
    await using open = await openCore()
    await open.givenDomain('acme', 'one.example.com')
    const newest = await newestSequence(open)
    t.match(await changesAfter(open, newest + 1_000), [{ kind: 'reset', sequence: newest }])
  })

  t.test('the stream ends without an error when its reader wants no more', async (t) => {
    await using open = await openCore()
    const stop = new AbortController()
    stop.abort()
    for await (const _change of open.core.watchChanges({ afterSequence: 0 }, stop.signal))
      t.fail('a change came')

    const waiting = new AbortController()
    let heartbeats = 0
    for await (const _change of open.core.watchChanges({ afterSequence: 0 }, waiting.signal)) {
      heartbeats += 1
      setImmediate(() => waiting.abort())
    }
    t.equal(heartbeats, 1)

    for (const name of ['one', 'two', 'three'])
      await open.givenDomain('acme', `${name}.example.com`)
    const enough = new AbortController()
    const seen: Change[] = []
    for await (const change of open.core.watchChanges({ afterSequence: 0 }, enough.signal)) {
      seen.push(change)
      // Why waited for: what is on its way by then must not come any more.
      await new Promise((resolve) => setTimeout(resolve, 20))
      enough.abort()
    }
    t.match(seen, [{ hostname: 'one.example.com' }])
    t.equal(seen.length, 1)
  })

  t.test('a domain changes hands without a moment in which nobody has it', async (t) => {
    await using open = await openCore()
    const hostname = 'links.example.com'
    const first = await givenDomainIn(open, { workspace: 'acme', hostname, status: 'active' })
    await open.givenDomain('other', hostname)
    const before = await newestSequence(open)
    await open.deleteDomain(first)
    const changes = await changesAfter(open, before)
    t.match(changes.at(-1), { kind: 'hostname_changed', hostname, status: 'pending_verification' })
    t.notOk(changes.some((change) => 'status' in change && change.status === undefined))
  })
}

type Watched = Awaited<ReturnType<OpenCore>>

async function firstAfterHeartbeat(
  open: Watched,
  act: () => Promise<unknown>,
): Promise<Change | undefined> {
  const stop = new AbortController()
  for await (const change of open.core.watchChanges({ afterSequence: 0 }, stop.signal)) {
    if (change.kind !== 'heartbeat') return change
    await act()
  }
  return undefined
}
