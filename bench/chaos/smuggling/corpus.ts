/** One thing that a client may send so that two readers of it disagree. */
export type SmugglingCase = {
  readonly name: string
  /** All octets, one a character; `HOST` and `/PATH` stand for those of a link. */
  readonly octets: string
}

/** The request for a link, hidden in what may be a body. Every other path here is no link. */
const HIDDEN = 'GET /PATH HTTP/1.1\r\nHost: HOST\r\n\r\n'
const CHUNKED = 'Transfer-Encoding: chunked\r\n'
const ZERO_CHUNK = '0\r\n\r\n'

/** Requests that are framed in two ways, in odd ways, or not well at all. */
export const SMUGGLING_CASES: readonly SmugglingCase[] = [
  ...withHeaders(
    'CL and TE, CL first',
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ZERO_CHUNK,
  ),
  ...withHeaders(
    'CL and TE, TE first',
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ZERO_CHUNK,
  ),
  ...withHeaders(
    'CL shorter than the chunks',
    ['Content-Length: 4', 'Transfer-Encoding: chunked'],
    '1\r\nZ\r\n0\r\n\r\n',
  ),
  ...withHeaders(
    'CL of all that follows, TE ends early',
    [`Content-Length: ${ZERO_CHUNK.length + HIDDEN.length}`, 'Transfer-Encoding: chunked'],
    ZERO_CHUNK,
  ),
  ...withHeaders(
    'two CL that differ',
    ['Content-Length: 0', `Content-Length: ${HIDDEN.length}`],
    '',
  ),
  ...withHeaders('two CL that are the same', ['Content-Length: 3', 'Content-Length: 3'], 'abc'),
  ...withHeaders('a list of CL', ['Content-Length: 3, 3'], 'abc'),
  ...withHeaders('a list of CL that differ', ['Content-Length: 0, 3'], 'abc'),
  ...withHeaders('CL with a plus', ['Content-Length: +3'], 'abc'),
  ...withHeaders('CL with a minus', ['Content-Length: -3'], 'abc'),
  ...withHeaders('CL in hexadecimal', ['Content-Length: 0x3'], 'abc'),
  ...withHeaders('CL with leading zeros', ['Content-Length: 003'], 'abc'),
  ...withHeaders('CL with an underscore', ['Content-Length: 1_0'], 'abcdefghij'),
  ...withHeaders('CL beyond 64 bits', ['Content-Length: 18446744073709551619'], 'abc'),
  ...withHeaders('an empty CL', ['Content-Length:'], ''),
  ...withHeaders('CL with a space before the colon', ['Content-Length : 3'], 'abc'),
  ...withHeaders('TE with a space before the colon', ['Transfer-Encoding : chunked'], ZERO_CHUNK),
  ...withHeaders('TE after a tab', ['Transfer-Encoding:\tchunked'], ZERO_CHUNK),
  ...withHeaders('TE with a vertical tab', ['Transfer-Encoding:\x0bchunked'], ZERO_CHUNK),
  ...withHeaders('TE in capitals', ['TRANSFER-ENCODING: CHUNKED'], ZERO_CHUNK),
  ...withHeaders('TE identity, then chunked', ['Transfer-Encoding: identity, chunked'], ZERO_CHUNK),
  ...withHeaders('TE chunked, then identity', ['Transfer-Encoding: chunked, identity'], ZERO_CHUNK),
  ...withHeaders(
    'TE twice, the second unknown',
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: x'],
    ZERO_CHUNK,
  ),
  ...withHeaders(
    'TE twice, the first unknown',
    ['Transfer-Encoding: x', 'Transfer-Encoding: chunked'],
    ZERO_CHUNK,
  ),
  ...withHeaders(
    'TE twice',
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ZERO_CHUNK,
  ),
  ...withHeaders('TE xchunked', ['Transfer-Encoding: xchunked', 'Content-Length: 3'], 'abc'),
  ...withHeaders('TE in quotes', ['Transfer-Encoding: "chunked"', 'Content-Length: 3'], 'abc'),
  ...withHeaders('TE with a parameter', ['Transfer-Encoding: chunked;q=1'], ZERO_CHUNK),
  ...withHeaders('TE on a folded line', ['Transfer-Encoding:\r\n chunked'], ZERO_CHUNK),
  ...withHeaders('TE with an underscore', ['Transfer_Encoding: chunked', 'Content-Length: 0'], ''),
  ...withHeaders('TE after a NUL', ['X: a\0', 'Transfer-Encoding: chunked'], ZERO_CHUNK),
  ...withHeaders('a header after a bare LF', ['X: a\nTransfer-Encoding: chunked'], ZERO_CHUNK),
  ...withHeaders('a header after a bare CR', ['X: a\rTransfer-Encoding: chunked'], ZERO_CHUNK),
  ...withHeaders('a line without a colon', ['Transfer-Encoding chunked', 'Content-Length: 0'], ''),
  ...withHeaders('a header without a name', [': x', 'Content-Length: 0'], ''),
  ...withHeaders('a folded header', ['X: a', ' b: c'], ''),
  ...withHeaders('a space before the first header', [' X: a'], ''),
  ...withHeaders('Host twice', ['Host: other.bench.test'], ''),
  ...withHeaders('Host twice, the same', ['Host: HOST'], ''),
  ...withHeaders('Connection names Host', ['Connection: close, Host'], ''),
  ...withHeaders(
    'Connection names Content-Length',
    ['Connection: Content-Length', 'Content-Length: 3'],
    'abc',
  ),
  ...withHeaders(
    'an upgrade with a body',
    ['Connection: Upgrade', 'Upgrade: x', 'Content-Length: 3'],
    'abc',
  ),
  ...withHeaders(
    'an upgrade to h2c',
    [
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
    ],
    '',
  ),
  ...withHeaders('Expect with a body', ['Expect: 100-continue', 'Content-Length: 3'], 'abc'),
  ...chunks('a chunk extension', '3;x=y\r\nabc\r\n0\r\n\r\n'),
  ...chunks('a chunk extension with a bare LF', '3;x\nabc\r\n0\r\n\r\n'),
  ...chunks('a chunk extension with quotes', '3;x="\r\n"\r\nabc\r\n0\r\n\r\n'),
  ...chunks('a chunk size with zeros', '0003\r\nabc\r\n0\r\n\r\n'),
  ...chunks('a chunk size with a prefix', '0x3\r\nabc\r\n0\r\n\r\n'),
  ...chunks('a chunk size with a sign', '+3\r\nabc\r\n0\r\n\r\n'),
  ...chunks('a chunk size with a space', '3 \r\nabc\r\n0\r\n\r\n'),
  ...chunks('a chunk size beyond 64 bits', '10000000000000003\r\nabc\r\n0\r\n\r\n'),
  ...chunks('a chunk that is longer than its size', '3\r\nabcdef\r\n0\r\n\r\n'),
  ...chunks('chunks with bare LF', '3\nabc\n0\n\n'),
  ...chunks('a last chunk of many zeros', '3\r\nabc\r\n00000\r\n\r\n'),
  ...chunks('trailers', '3\r\nabc\r\n0\r\nContent-Length: 99\r\nHost: other.bench.test\r\n\r\n'),
  ...chunks('no end', '3\r\nabc\r\n'),
  { name: 'pipelined', octets: plain('/one') + plain('/two') + plain('/three') },
  { name: 'pipelined after a body', octets: posted('/one', 'abc') + plain('/two') },
  { name: 'pipelined after an empty line', octets: `${plain('/one')}\r\n${plain('/two')}` },
  { name: 'pipelined with leftovers', octets: `${plain('/one')}GET /two HTTP/1.1\r\nHo` },
  { name: 'GET with a body that is a request', octets: posted('/one', HIDDEN) },
  {
    name: 'HEAD with a body that is a request',
    octets: posted('/one', HIDDEN).replace('GET', 'HEAD'),
  },
  {
    name: 'POST with a body that is a request',
    octets: posted('/one', HIDDEN).replace('GET', 'POST'),
  },
  { name: 'absolute form', octets: 'GET https://HOST/one HTTP/1.1\r\nHost: HOST\r\n\r\n' },
  {
    name: 'absolute form of another host',
    octets: 'GET https://other.bench.test/one HTTP/1.1\r\nHost: HOST\r\n\r\n',
  },
  { name: 'authority form', octets: 'CONNECT HOST:443 HTTP/1.1\r\nHost: HOST\r\n\r\n' },
  { name: 'asterisk form', octets: 'OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n' },
  { name: 'no Host', octets: 'GET /one HTTP/1.1\r\n\r\n' },
  { name: 'an empty Host', octets: 'GET /one HTTP/1.1\r\nHost:\r\n\r\n' },
  { name: 'Host with a path', octets: 'GET /one HTTP/1.1\r\nHost: HOST/x\r\n\r\n' },
  {
    name: 'HTTP/1.0 with TE',
    octets: `GET /one HTTP/1.0\r\nHost: HOST\r\n${CHUNKED}\r\n${ZERO_CHUNK}${HIDDEN}`,
  },
  {
    name: 'HTTP/1.0 with keep-alive',
    octets: `GET /one HTTP/1.0\r\nHost: HOST\r\nConnection: keep-alive\r\n\r\n${plain('/two')}`,
  },
  { name: 'HTTP/0.9', octets: 'GET /one\r\n\r\n' },
  { name: 'HTTP/1.2', octets: plain('/one').replace('1.1', '1.2') },
  { name: 'HTTP/2.0', octets: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'two spaces in the first line', octets: plain('/one').replace(' /', '  /') },
  { name: 'a tab in the first line', octets: plain('/one').replace(' /', '\t/') },
  { name: 'a space in the path', octets: plain('/one two') },
  { name: 'a NUL in the path', octets: plain('/o\0ne') },
  {
    name: 'an encoded line end in the path',
    octets: plain('/one%0d%0aHost:%20x%0d%0a%0d%0aGET%20/two'),
  },
  { name: 'line ends of LF alone', octets: plain('/one').replaceAll('\r\n', '\n') },
  { name: 'empty lines first', octets: `\r\n\r\n${plain('/one')}` },
  { name: 'a method in small letters', octets: plain('/one').replace('GET', 'get') },
  { name: 'a header of 40,000 octets', octets: plain('/one', `X: ${'a'.repeat(40_000)}\r\n`) },
  { name: 'a header of 18,000 octets', octets: plain('/one', `X: ${'a'.repeat(18_000)}\r\n`) },
  { name: 'a path of 20,000 octets', octets: plain(`/${'a'.repeat(20_000)}`) },
  { name: '1,000 headers', octets: plain('/one', 'X: a\r\n'.repeat(1_000)) },
  { name: 'not HTTP at all', octets: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' },
]

function plain(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: HOST\r\n${headers}\r\n`
}

function posted(path: string, body: string): string {
  // Why of another length: that of the hostname's stand-in is not that of the hostname.
  return `GET ${path} HTTP/1.1\r\nHost: HOST\r\nContent-Length: LENGTH\r\n\r\nBODY${body}END`
}

/** The same framing for a method that may have a body and for one that should not. */
function withHeaders(name: string, headers: readonly string[], body: string): SmugglingCase[] {
  return ['GET', 'POST'].map((method) => ({
    name: `${name} (${method})`,
    octets: `${method} /one HTTP/1.1\r\nHost: HOST\r\n${headers.join('\r\n')}\r\n\r\n${body}${HIDDEN}`,
  }))
}

function chunks(name: string, body: string): SmugglingCase[] {
  return withHeaders(name, ['Transfer-Encoding: chunked'], body)
}

/** Writes a case for a hostname and a link on it. */
export function octetsFor(
  { octets }: SmugglingCase,
  link: { readonly hostname: string; readonly path: string },
): string {
  const text = octets.replaceAll('HOST', link.hostname).replaceAll('/PATH', link.path)
  const body = /BODY([^]*)END/.exec(text)?.[1]
  if (body === undefined) return text
  return text.replace('LENGTH', String(body.length)).replace(/BODY([^]*)END/, () => body)
}
