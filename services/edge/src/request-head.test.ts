import { Socket } from 'node:net'
import t from 'tap'
import { RequestHead } from './request-head.ts'

const HOST = ['Host', 'links.example.com']

function headOf(rawHeaders: string[], countryHeader = ''): RequestHead {
  const head = new RequestHead(countryHeader)
  head.read(request(rawHeaders))
  return head
}

function request(rawHeaders: string[], method = 'GET') {
  return { method, socket: new Socket(), rawHeaders }
}

t.test('no Host, two Hosts and two equal Hosts are no host', async (t) => {
  t.equal(headOf([]).host, undefined)
  t.equal(headOf([...HOST, 'Host', 'other.example']).host, undefined)
  t.equal(headOf([...HOST, ...HOST]).host, undefined)
  t.equal(headOf([...HOST, 'host', 'links.example.com']).host, undefined)
  t.equal(headOf([...HOST, ...HOST, ...HOST]).host, undefined)
  t.equal(headOf(['Accept', '*/*', 'hOsT', 'a.example']).host, 'a.example')
})

t.test('a forwarded name has no say', async (t) => {
  const names = ['X-Forwarded-Host', 'Forwarded', 'X-Host', 'X-Original-Host', 'Hose']
  for (const name of names) {
    t.equal(headOf([...HOST, name, 'other.example']).host, 'links.example.com', name)
    t.equal(headOf([name, 'other.example']).host, undefined, name)
  }
})

const FIELDS = [
  ['host', ['Host', 'host', 'HOST']],
  ['dnt', ['DNT', 'dnt', 'Dnt']],
  ['secGpc', ['Sec-GPC', 'Sec-Gpc', 'sec-gpc']],
  ['userAgent', ['User-Agent', 'user-agent', 'USER-AGENT']],
  ['referer', ['Referer', 'referer', 'REFERER']],
  ['purpose', ['Sec-Purpose', 'Purpose', 'X-Moz', 'x-moz', 'PURPOSE']],
  ['forwardedFor', ['X-Forwarded-For', 'x-forwarded-for']],
  ['country', ['CF-IPCountry', 'Cf-Ipcountry', 'cf-ipcountry']],
] as const

for (const [field, spellings] of FIELDS) {
  for (const name of spellings) {
    t.test(`${name} is read as ${field}, and is gone with the next request`, async (t) => {
      const head = headOf(['Accept', '*/*', name, 'one'], 'cf-ipcountry')
      t.equal(head[field], 'one')
      head.read(request(['Accept', '*/*']))
      t.equal(head[field], undefined)
    })
  }
}

t.test('without a header for the country none is read', async (t) => {
  t.equal(headOf(['', 'one', 'CF-IPCountry', 'CH']).country, undefined)
})

t.test('the first purpose counts, and all forwarded addresses', async (t) => {
  t.equal(headOf(['Sec-Purpose', 'prefetch', 'Purpose', 'other']).purpose, 'prefetch')
  const forwarded = ['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-For', '192.0.2.2']
  t.equal(headOf(forwarded).forwardedFor, '192.0.2.1, 192.0.2.2')
})

const BODIES = [
  { headers: [], hasBody: false },
  { headers: ['Content-Length', '0'], hasBody: false },
  { headers: ['Content-Length', '1'], hasBody: true },
  { headers: ['content-length', '1'], hasBody: true },
  { headers: ['Transfer-Encoding', 'chunked'], hasBody: true },
  { headers: ['Transfer-Encoding', 'chunked', 'Content-Length', '0'], hasBody: true },
] as const

for (const { headers, hasBody } of BODIES) {
  t.test(`${headers.join(' ') || 'nothing'} announces ${hasBody ? 'a' : 'no'} body`, async (t) => {
    t.equal(headOf([...headers]).hasBody, hasBody)
  })
}

t.test('a copy stays as it was when the next request is read', async (t) => {
  const head = headOf([...HOST, 'User-Agent', 'one', 'Referer', 'https://example.com/'])
  const copy = head.copy()
  head.read(request(['User-Agent', 'two'], 'HEAD'))
  t.match(copy, { method: 'GET', userAgent: 'one', referer: 'https://example.com/' })
  t.match(head, { method: 'HEAD', userAgent: 'two', referer: undefined })
  t.equal(copy.peerAddress(), undefined, 'a socket that is not connected')
})
