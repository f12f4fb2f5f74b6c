import { createHash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'

/** What a page says. None of it comes from a request, so that it is the same for everybody. */
export type PageWords = {
  readonly status: number
  readonly title: string
  /** What happened, and what a visitor can do. */
  readonly visitor: string
  /** What can be done by whom the address belongs to; unset: nothing. */
  readonly owner?: string
  /** Headers that only this page has, by name. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A page, ready to be sent. */
export type HtmlPage = {
  readonly status: number
  readonly body: Buffer
  /** Names and values in turn. */
  readonly headers: readonly string[]
}

const STYLE = `
:root{color-scheme:light dark;--text:#1c2024;--soft:#5b636b;--back:#fbfbfa;--line:#dcdfe2}
@media(prefers-color-scheme:dark){
:root{--text:#e9ebed;--soft:#a3abb3;--back:#16191c;--line:#363c42}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--back);
color:var(--text);font:1.0625rem/1.6 system-ui,sans-serif}
main{box-sizing:border-box;width:100%;max-width:36rem;padding:2rem 1.5rem}
h1{margin:0 0 .75rem;font-size:1.625rem;line-height:1.25;text-wrap:balance}
p{margin:0 0 1rem}
.owner{margin-top:1.75rem;padding-top:1.25rem;border-top:1px solid var(--line)}
.owner,.status{color:var(--soft);font-size:.9375rem}
.status{margin:0}
`

// Why a hash: it lets this one style in and no other, whoever finds a way to add one.
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

const COMMON_HEADERS: readonly string[] = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Cache-Control',
  'private, no-store',
  'Content-Security-Policy',
  `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; ` +
    "form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy',
  'no-referrer',
  'X-Content-Type-Options',
  'nosniff',
]

/**
 * Writes out a page for people: plain words, its own style, nothing that is loaded.
 *
 * Meant to be called once, at start; its words are escaped nevertheless.
 */
export function writeHtmlPage({
  status,
  title,
  visitor,
  owner,
  headers = {},
}: PageWords): HtmlPage {
  const isYours = owner === undefined ? '' : `<strong>Is it yours?</strong> ${escaped(owner)}`
  const body = Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(visitor)}</p>
<p class="status">HTTP ${status}, ${STATUS_CODES[status] ?? ''}</p>
${isYours === '' ? '' : `<p class="owner">${isYours}</p>\n`}</main>
</body>
</html>
`)
  const length = ['Content-Length', String(body.length)]
  return {
    status,
    body,
    headers: [...COMMON_HEADERS, ...Object.entries(headers).flat(), ...length],
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
