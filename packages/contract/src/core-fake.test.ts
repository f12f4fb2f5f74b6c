import t from 'tap'
import { AppError } from '@fingerpost/model/errors'
import type { Change } from './core-api.ts'
import { FakeCore } from './core-fake.ts'
import { hostnameOf, slugOf } from './fake-rows.ts'

const HOSTNAME = 'links.example.com'
const TARGET = { hostname: hostnameOf(HOSTNAME), slug: slugOf('') }
const NEVER = new AbortController().signal

t.test('a fake that is down fails every call and every stream until it is up', async (t) => {
  const core = new FakeCore({ now: () => 0 })
  const changes = core.watchChanges({ afterSequence: 0 }, NEVER)
  t.match(await changes.next(), { value: { kind: 'heartbeat' } })
  const next = t.rejects(changes.next(), { code: 'core_unavailable' })
  core.down()
  await next
  await t.rejects(core.lookupLink(TARGET), { code: 'core_unavailable' })
  core.down(new AppError('core_overdue', 'Core did not answer in time.'))
  await t.rejects(core.listHostnames(NEVER).next(), { code: 'core_overdue' })
  core.up()
  t.match(await core.lookupLink(TARGET), { domain: undefined })
  t.match(core.calls, { lookupLink: 2, listHostnames: 1, watchChanges: 1, recordCheck: 0 })
})

t.test('a held call waits for its release, other calls do not', async (t) => {
  const core = new FakeCore({ now: () => 0 })
  const release = core.hold('lookupLink')
  let isAnswered = false
  const ask = async (): Promise<void> => {
    await core.lookupLink(TARGET)
    isAnswered = true
  }
  const asked = ask()
  t.same(await core.claimDueDomains({ workerId: 'w', limit: 1, leaseMs: 1_000 }), [])
  t.notOk(isAnswered)
  release()
  await asked
  t.match(await core.lookupLink(TARGET), { domain: undefined })
})

t.test('only the next call of the named kind fails', async (t) => {
  const core = new FakeCore({ now: () => 0 })
  core.failNext('lookupLink', new Error('boom'))
  await t.resolves(core.listHostnames(NEVER).next())
  await t.rejects(core.lookupLink(TARGET), { message: 'boom' })
  await t.resolves(core.lookupLink(TARGET))
})

t.test('any message can be put on the change streams', async (t) => {
  const core = new FakeCore({ now: () => 0 })
  const stop = new AbortController()
  const seen: Change[] = []
  for await (const change of core.watchChanges({ afterSequence: 0 }, stop.signal)) {
    seen.push(change)
    if (seen.length === 1) core.emit({ kind: 'reset', sequence: 41, lineage: 'other' })
    if (seen.length === 2) core.beat()
    if (seen.length === 3) stop.abort()
  }
  t.match(seen, [{ kind: 'heartbeat' }, { kind: 'reset', sequence: 41 }, { kind: 'heartbeat' }])
  t.equal(core.watchers, 0)
})

t.test('a domain can be given in any status, and changed', async (t) => {
  const core = new FakeCore({ now: () => 0 })
  const rootUrl = 'https://example.com/root'
  const id = core.givenDomain({ hostname: HOSTNAME, status: 'active', rootUrl })
  core.givenLink({
    hostname: HOSTNAME,
    slug: '',
    destination: 'https://example.com/',
    expiresAt: 5,
  })
  t.match(await core.lookupLink(TARGET), {
    sequence: core.sequence,
    domain: { id, status: 'active', rootUrl, notFoundUrl: undefined, version: 1 },
    link: { expiresAt: 5, redirectStatus: 302 },
  })
  core.changeDomain(id, { status: 'degraded', notFoundUrl: 'https://example.com/404' })
  t.match(await core.lookupLink(TARGET), {
    domain: { status: 'degraded', rootUrl, notFoundUrl: 'https://example.com/404', version: 2 },
  })
})

t.test('what the real core could not hold is refused', async (t) => {
  const core = new FakeCore({ now: () => 0 })
  const id = core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  const destination = 'https://example.com/'
  t.throws(() => core.givenDomain({ hostname: 'Links.example.com' }), /canonical/)
  t.throws(() => core.givenDomain({ hostname: HOSTNAME, status: 'active' }), /holds/)
  const rival = core.givenDomain({ hostname: HOSTNAME })
  t.throws(() => core.changeDomain(rival, { status: 'verified' }), /holds/)
  t.throws(() => core.givenLinkOf(id, { slug: 'a/b', destination }), /slash/)
  t.throws(() => core.givenLinkOf(id, { slug: 'a', destination: 'x' }), /absolute/)
  t.throws(() => core.givenLink({ hostname: 'a.example.com', slug: '', destination }), /no domain/)
  t.throws(() => core.deleteDomain('dom_none'), /no domain/)
  t.throws(() => core.deleteLink('lnk_none'), /no link/)
  const claim = { workerId: '', limit: 1, leaseMs: 1_000 }
  await t.rejects(core.claimDueDomains(claim), { code: 'body_invalid' })
})
