import t from 'tap'
import { readRequestTarget, type RequestTarget } from './request-target.ts'

const HOST = 'links.example.com'

function read(method: string, requestTarget: string, host: string | undefined = HOST): unknown {
  return readRequestTarget({ method, requestTarget, host })
}

function refused(why: Extract<RequestTarget, { kind: 'refused' }>['why']): unknown {
  return { kind: 'refused', why }
}

function link(slug: string): unknown {
  return { kind: 'target', hostname: 'links.example.com', slug, path: 'link' }
}

const HOSTS: readonly (readonly [header: string, then: string])[] = [
  ['links.example.com', 'links.example.com'],
  ['LINKS.Example.COM', 'links.example.com'],
  ['links.example.com:8080', 'links.example.com'],
  ['links.example.com.', 'links.example.com'],
  ['links.example.com.:443', 'links.example.com'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['links.example.com:', 'links.example.com'],
  ['links.example.com:123456', 'unknown_hostname'],
  ['links.example.com..', 'unknown_hostname'],
  ['localhost', 'unknown_hostname'],
  ['127.0.0.1', 'unknown_hostname'],
  ['127.0.0.1:8080', 'unknown_hostname'],
  ['[::1]', 'unknown_hostname'],
  ['[::1]:8080', 'unknown_hostname'],
  ['a_b.example.com', 'unknown_hostname'],
  ['-a.example.com', 'unknown_hostname'],
  ['ab--c.example', 'unknown_hostname'],
  ['', 'bad_request'],
  [' ', 'bad_request'],
  ['links.example.com:80a', 'bad_request'],
  ['links.example.com, other.example', 'bad_request'],
  ['links.example.com/x', 'bad_request'],
  ['https://links.example.com', 'bad_request'],
  ['user@links.example.com', 'bad_request'],
  ['links.example.com\\@other.example', 'bad_request'],
  ['links.example.com%00', 'bad_request'],
  ['[::1', 'bad_request'],
  ['b\u00fccher.example', 'bad_request'],
]

for (const [header, then] of HOSTS) {
  t.test(`Host ${JSON.stringify(header)} gives ${then}`, async (t) => {
    const target = readRequestTarget({
      method: 'GET',
      requestTarget: '/x',
      host: header,
    })
    t.equal(target.kind === 'target' ? target.hostname : target.why, then)
  })
}

t.test('without a host of its own a request is refused', async (t) => {
  const line = { method: 'GET', requestTarget: '/x', host: undefined }
  t.same(readRequestTarget(line), refused('bad_request'))
})

t.test('forms of a request target that are not a path are refused', async (t) => {
  for (const requestTarget of [
    '*',
    'http://links.example.com/x',
    'links.example.com:443',
    '',
    'x',
  ]) {
    t.same(read('GET', requestTarget), refused('bad_request'), requestTarget)
  }
})

t.test('only GET and HEAD are links; a bad target is said first', async (t) => {
  for (const method of ['GET', 'HEAD']) t.same(read(method, '/x'), link('x'), method)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY', '']) {
    t.same(read(method, '/x'), refused('method_not_allowed'), method)
    t.same(read(method, '/.well-known/x'), refused('method_not_allowed'), method)
    t.same(read(method, '*'), refused('bad_request'), method)
  }
})

const PATHS: readonly (readonly [requestTarget: string, slug: string])[] = [
  ['/', ''],
  ['/?a=b', ''],
  ['/spring', 'spring'],
  ['/spring/', 'spring'],
  ['/spring?next=https://evil.example', 'spring'],
  ['/spring#part', 'spring'],
  ['/Spring-2_0', 'Spring-2_0'],
  ['/a.b', 'a.b'],
  ['/%73pring', 'spring'],
  ['/sch%C3%B6n', 'sch\u00f6n'],
  ['/scho%CC%88n', 'sch\u00f6n'],
  ['/%2541', '%41'],
  ['/well-known', 'well-known'],
]
for (const [requestTarget, slug] of PATHS) {
  t.test(`${requestTarget} names the link ${JSON.stringify(slug)}`, async (t) => {
    t.same(read('GET', requestTarget), link(slug))
  })
}

const NO_LINKS = [
  '//',
  '//evil.example',
  '//evil.example/x',
  '/\\evil.example',
  '/a/b',
  '/a%2Fb',
  '/a%5Cb',
  '/%',
  '/%C0%AF',
  '/%00',
  '/%0d%0aSet-Cookie:x',
  '/.',
  '/%2e%2e',
  '/a%20b',
  `/${'a'.repeat(256)}`,
]
for (const requestTarget of NO_LINKS) {
  t.test(`${requestTarget.slice(0, 40)} names no link, but the domain is looked up`, async (t) => {
    t.same(read('GET', requestTarget), {
      kind: 'target',
      hostname: 'links.example.com',
      slug: '',
      path: 'no_link',
    })
  })
}

t.test('reserved files are told apart, whatever their case and query', async (t) => {
  for (const requestTarget of ['/robots.txt', '/favicon.ico?v=2', '/FAVICON.ICO']) {
    t.match(read('GET', requestTarget), { kind: 'target', slug: '', path: 'reserved_file' })
  }
})

const WELL_KNOWN = [
  '/.well-known',
  '/.well-known/',
  '/.well-known/acme-challenge/token',
  '/.WELL-KNOWN/acme-challenge/token',
  '/%2ewell-known/x',
  '/%2Ewell%2Dknown/x',
  '/.well-known%2fx',
  '/%2f.well-known/x',
  '/%252ewell-known/x',
  '/%25252ewell-known/x',
  '//.well-known/x',
  '/./.well-known/x',
  '/x/../.well-known/y',
  '/\\.well-known\\x',
  '/.well-known?x',
  '/.well-known#x',
  '/.well-known%20/x',
]
for (const requestTarget of WELL_KNOWN) {
  t.test(`${requestTarget} is never looked up`, async (t) => {
    t.same(read('GET', requestTarget), refused('not_found'))
    t.same(read('GET', requestTarget, 'localhost'), refused('not_found'))
  })
}
