import { createHash } from 'node:crypto'
import t from 'tap'
import { writeHtmlPage, type HtmlPage } from './html-page.ts'

const WORDS = { status: 503, title: 'Not yet', visitor: 'Come back later.' }

function headersOf({ headers }: HtmlPage): Record<string, string | undefined> {
  const pairs = headers.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), headers[index + 1]] as const] : [],
  )
  t.equal(new Set(pairs.map(([name]) => name)).size, pairs.length, 'each header once')
  return Object.fromEntries(pairs)
}

t.test('a page lets in its own style and nothing else', async (t) => {
  const page = writeHtmlPage(WORDS)
  const style = /<style>([^]*?)<\/style>/.exec(page.body.toString('utf8'))?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  t.equal(
    headersOf(page)['content-security-policy'],
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; ` +
      "form-action 'none'; frame-ancestors 'none'",
  )
})

t.test('a page says its status, is never kept, and has the headers that it is given', async (t) => {
  const page = writeHtmlPage({ ...WORDS, title: 'Ümlaut', headers: { 'Retry-After': '60' } })
  t.equal(page.status, 503)
  t.match(headersOf(page), {
    'content-type': 'text/html; charset=utf-8',
    'content-length': String(page.body.length),
    'cache-control': 'private, no-store',
    'retry-after': '60',
  })
  t.match(page.body.toString('utf8'), '<p class="status">HTTP 503, Service Unavailable</p>')
})

t.test('the owner is spoken to only where there is something to say', async (t) => {
  t.notMatch(writeHtmlPage(WORDS).body.toString('utf8'), 'Is it yours')
  const text = writeHtmlPage({ ...WORDS, owner: 'Do this.' }).body.toString('utf8')
  t.match(text, '<p class="owner"><strong>Is it yours?</strong> Do this.</p>')
})

t.test('words are text, whatever they contain', async (t) => {
  const owner = 'Set "a" <b> & c.'
  const text = writeHtmlPage({ status: 404, title: '<i>', visitor: '&lt;', owner }).body.toString()
  t.match(text, '<title>&lt;i&gt;</title>')
  t.match(text, '<h1>&lt;i&gt;</h1>')
  t.match(text, '<p>&amp;lt;</p>')
  t.match(text, 'Set "a" &lt;b&gt; &amp; c.')
})
