import * as fc from 'fast-check'
import t from 'tap'
import { readRequestTarget } from './rules/request-target.ts'
import { TargetReader } from './target-reader.ts'

const METHODS = ['GET', 'HEAD', 'POST', '']

const HOSTS = [
  'links.example.com',
  'LINKS.example.com:443',
  'links.example.com.',
  'other.example.com',
  'localhost',
  '127.0.0.1',
  'a_b.example.com',
  'links.example.com/x',
  '',
  undefined,
]

const REQUEST_TARGETS = [
  '/',
  '/spring',
  '/Spring-2_0?x=1',
  '/spring?',
  '/spring/',
  '/spring#part',
  '/sch%C3%B6n',
  '/a.b',
  '//spring',
  '/apple-app-site-association',
  '/Apple-App-Site-Association?x',
  '/robots.txt',
  '/.well-known/x',
  '/well-known',
  `/${'a'.repeat(255)}`,
  `/${'a'.repeat(256)}`,
  '*',
  '',
]

t.test('whatever is asked, the answer is the one of the rule', async (t) => {
  const reader = new TargetReader()
  for (const method of METHODS) {
    for (const host of HOSTS) {
      for (const requestTarget of REQUEST_TARGETS) {
        const line = { method, host, requestTarget }
        const said = JSON.stringify(line)
        t.same(reader.read(line), readRequestTarget(line), said)
        t.same(reader.read(line), readRequestTarget(line), `${said} again`)
      }
    }
  }
})

t.test('so it is for texts that nobody thought of', async (t) => {
  const reader = new TargetReader()
  const path = fc.stringMatching(/^\/[A-Za-z0-9_.%?#/-]{0,12}$/)
  const line = fc.record({
    method: fc.constantFrom('GET', 'HEAD'),
    host: fc.oneof(fc.constantFrom(...HOSTS), fc.domain()),
    requestTarget: fc.oneof(path, fc.webPath(), fc.constantFrom(...REQUEST_TARGETS)),
  })
  fc.assert(
    fc.property(line, (one) => {
      t.matchOnly(reader.read(one), readRequestTarget(one))
    }),
    { numRuns: 2_000 },
  )
})

t.test('however many hosts are asked for, each is read right', async (t) => {
  const reader = new TargetReader()
  for (let index = 0; index < 25_000; index += 1) {
    const host = `h${index}.example.com`
    const target = reader.read({ method: 'GET', host, requestTarget: '/x' })
    if (target.kind !== 'target' || target.hostname !== host) t.fail(host)
  }
})
