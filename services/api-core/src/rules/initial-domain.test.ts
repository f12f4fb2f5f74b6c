import t from 'tap'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { checkAtOnce, FAST_MS, initialDomain, isLocalName } from './initial-domain.ts'

const NOW = 1_800_000_000_000

const hostnameOf = (text: string) => {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`"${text}" is no hostname.`)
  return hostname
}

t.test('a domain begins waiting for its proof, due at once', async (t) => {
  t.match(initialDomain(hostnameOf('links.example.com'), NOW), {
    status: 'pending_verification',
    reason: { code: 'not_checked_yet', message: /./ },
    nextCheckAt: NOW,
    fastUntil: NOW + FAST_MS,
  })
})

t.test('a name under localhost begins served, with nothing to check', async (t) => {
  t.match(initialDomain(hostnameOf('go.localhost'), NOW), {
    status: 'active',
    reason: { code: 'local_name', message: /"go\.localhost"/ },
    nextCheckAt: undefined,
    fastUntil: NOW,
  })
})

t.test('only names below the top-level name localhost are local', async (t) => {
  const cases = [
    ['go.localhost', true],
    ['a.b.localhost', true],
    ['golocalhost.com', false],
    ['localhost.example.com', false],
    ['go.localhost.example', false],
    ['my-localhost.com', false],
  ] as const
  for (const [name, isLocal] of cases) t.equal(isLocalName(hostnameOf(name)), isLocal, name)
})

t.test('a check that is asked for is due now and stays frequent for ten minutes', async (t) => {
  t.same(checkAtOnce(NOW), { nextCheckAt: NOW, fastUntil: NOW + 600_000 })
})
