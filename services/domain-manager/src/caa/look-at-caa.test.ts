import { canonicalHostname } from '@fingerpost/model/hostname'
import t from 'tap'
import { FakeResolver } from '../dns/fake-resolver.ts'
import type { DnsAnswer } from '../rules/dns-answer.ts'
import { lookAtCaa, REGISTRIES_MAX, REGISTRY_TTL_MS, registryCaa } from './look-at-caa.ts'

const NONE: DnsAnswer = { kind: 'no_data' }
const SERVFAIL: DnsAnswer = { kind: 'failed', failure: 'servfail' }
const OURS: DnsAnswer = { kind: 'found', values: ['0 issue "ca.example"'] }
const OTHERS: DnsAnswer = { kind: 'found', values: ['0 issue "other.example"'] }
const NEVER = new AbortController().signal

function scene(count = 1) {
  const servers = Array.from(
    { length: count },
    (_, index) => new FakeResolver(`10.0.0.${index}:53`),
  )
  const state = { now: 1_800_000_000_000, counted: 0 }
  const deps = {
    servers,
    policy: { issuer: 'ca.example', accountUri: undefined },
    registries: registryCaa(() => state.now),
    countLookup: () => void (state.counted += 1),
    now: () => state.now,
  }
  return {
    servers,
    state,
    /** Sets the answers of all servers, or of each in turn. */
    answers: (name: string, ...given: readonly DnsAnswer[]) => {
      servers.forEach((server, index) => {
        server.answers('CAA', name, given[index] ?? given[0] ?? NONE)
      })
    },
    look: async (text = 'links.example.com') => {
      const hostname = canonicalHostname(text)
      if (hostname === undefined) throw new Error(`no hostname: ${text}`)
      return lookAtCaa({ hostname, cnameTarget: 'k3.edge.example.net' }, NEVER, deps)
    },
  }
}

t.test(
  'the climb goes from the hostname to the top, and ends where something decides',
  async (t) => {
    const { servers, answers, look } = scene()
    answers('links.example.com', { kind: 'nxdomain' })
    answers('example.com', NONE)
    answers('com', NONE)
    t.match(await look(), { caa: { state: 'allows' } })
    t.same(servers[0]?.asked, ['CAA links.example.com', 'CAA example.com', 'CAA com'])
    answers('example.com', OTHERS)
    const { caa, evidence } = await look()
    t.match(caa, {
      state: 'forbids',
      message: /^CAA at "example\.com" allows only "other.example"/,
    })
    t.match(evidence, [
      { role: 'resolver', server: '10.0.0.0:53', question: 'CAA links.example.com' },
      { question: 'CAA example.com', values: ['0 issue "other.example"'] },
    ])
  },
)

t.test('a lookup that fails before a decision is "cannot tell"', async (t) => {
  const { answers, look } = scene()
  answers('links.example.com', NONE)
  answers('example.com', SERVFAIL)
  t.match(await look(), {
    caa: { state: 'unknown', message: /at "example\.com": 10.0.0.0:53 answered SERVFAIL/ },
  })
  answers('links.example.com', OURS)
  t.match(await look(), { caa: { state: 'allows' } })
})

t.test('records behind a CNAME are named where they stand', async (t) => {
  const { answers, look } = scene()
  const details = {
    rcode: 'NOERROR',
    isAuthoritative: false,
    chain: ['x.example.org', 'k3.edge.example.net'],
    records: [],
    ttlS: 60,
    soaOwner: undefined,
    at: 1,
  }
  answers('links.example.com', { ...OTHERS, details })
  const { caa, evidence } = await look()
  t.match(caa, {
    state: 'forbids',
    message: /^CAA at "k3\.edge\.example\.net" /,
    fix: /the operator/,
  })
  t.match(evidence, [{ outcome: 'NOERROR', ttlS: 60, at: 1 }])
})

const VOTES: readonly (readonly [answers: readonly DnsAnswer[], state: string])[] = [
  [[OTHERS, OURS, OURS], 'allows'],
  [[OTHERS, OTHERS, OURS], 'forbids'],
  [[OTHERS, SERVFAIL, SERVFAIL], 'forbids'],
  [[OTHERS, OURS, SERVFAIL], 'unknown'],
  [[OTHERS, OURS, NONE], 'unknown'],
  [[SERVFAIL, SERVFAIL, SERVFAIL], 'unknown'],
]
for (const [given, state] of VOTES) {
  t.test(`three servers with ${given.map(({ kind }) => kind).join(', ')}: ${state}`, async (t) => {
    const { answers, look, state: counts } = scene(3)
    answers('links.example.com', ...given)
    t.match(await look(), { caa: { state } })
    t.equal(counts.counted, 3)
  })
}

t.test('the order in which a server gives its records does not matter', async (t) => {
  const { answers, look } = scene(2)
  const values = ['0 issue "a.example"', '0 issue "ca.example"']
  const found = (given: readonly string[]): DnsAnswer => ({ kind: 'found', values: given })
  answers('links.example.com', found(values), found(values.toReversed()))
  t.match(await look(), { caa: { state: 'allows' } })
})

t.test('only what a registry says is kept, and not for long', async (t) => {
  const { servers, answers, look, state } = scene()
  for (const name of ['links.example.com', 'example.com', 'com']) answers(name, NONE)
  await look()
  await look()
  const asked = () => servers[0]?.asked.map((question) => question.split(' ')[1])
  const own = ['links.example.com', 'example.com']
  t.same(asked(), [...own, 'com', ...own])
  state.now += REGISTRY_TTL_MS - 1
  await look()
  t.equal(asked()?.filter((name) => name === 'com').length, 1)
  state.now += 1
  await look()
  t.equal(asked()?.filter((name) => name === 'com').length, 2)
})

t.test('what cannot be told of a registry is not kept', async (t) => {
  const { servers, answers, look } = scene()
  for (const name of ['links.example.com', 'example.com']) answers(name, NONE)
  answers('com', SERVFAIL)
  await look()
  await look()
  const asked = servers[0]?.asked.filter((question) => question.endsWith(' com'))
  t.equal(asked?.length, 2)
})

t.test('not too many registries are kept', async (t) => {
  const kept = registryCaa(() => 0)
  const found = { kind: 'records', values: [], standsAt: '' } as const
  for (let count = 0; count <= REGISTRIES_MAX; count += 1) {
    const name = `s${count}`
    kept.set(name, { name, found }, REGISTRY_TTL_MS)
  }
  t.equal(kept.get('s0'), undefined)
  t.ok(kept.get('s1'))
  t.ok(kept.get(`s${REGISTRIES_MAX}`))
})
