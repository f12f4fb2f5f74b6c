import { createHash } from 'node:crypto'
import t from 'tap'
import { PAGES, rawResponseOf } from './pages.ts'

for (const [name, page] of Object.entries(PAGES)) {
  t.test(`the page ${name} lets in its own style and nothing else`, async (t) => {
    const html = page.body.toString('utf8')
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    const headers = Object.fromEntries(
      page.headers.flatMap((text, index) =>
        index % 2 === 0 ? [[text.toLowerCase(), page.headers[index + 1]]] : [],
      ),
    )
    t.match(headers['content-security-policy'], `style-src 'sha256-${hash}'`)
    t.match(headers['content-security-policy'], /^default-src 'none'/)
    t.equal(headers['content-length'], String(page.body.length))
    t.match(html, `HTTP ${page.status}`)
    t.match(html, /<html lang="en">[^]*<h1>[A-Z][^<]+<\/h1>/)
    t.notMatch(html, /undefined|src=|href=|url\(|@import|javascript/)
  })
}

t.test('a page as octets is a whole response that ends its connection', async (t) => {
  const text = rawResponseOf(PAGES.bad_request).toString('utf8')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text\/html/)
  t.equal(body, PAGES.bad_request.body.toString('utf8'))
})
