import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { EdgeRequest } from './edge-request.ts'

function headersOf(Request: typeof IncomingMessage, rawHeaders: string[]) {
  const request = new Request(new Socket())
  request.rawHeaders = rawHeaders
  return request.headers
}

t.test('what Node reads itself is there, whatever its case, and nothing else', async (t) => {
  const rawHeaders = ['Host', 'a.example', 'TE', 'trailers', 'expect', '100-continue']
  t.same(headersOf(EdgeRequest, rawHeaders), { te: 'trailers', expect: '100-continue' })
  const body = ['CONTENT-LENGTH', '5', 'Transfer-Encoding', 'chunked', 'Content-Length', '6']
  t.same(headersOf(EdgeRequest, body), { 'content-length': '5', 'transfer-encoding': 'chunked' })
  t.same(headersOf(EdgeRequest, ['Accept', '*/*', 'Cookie', 'a=b']), {})
  t.same(headersOf(EdgeRequest, ['ex', '1', 'expecd', '2', '__proto__', '3']), {})
})
