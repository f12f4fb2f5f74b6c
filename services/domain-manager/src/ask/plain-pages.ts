import { createHash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { PlainAnswer } from '../rules/plain-answer.ts'

/** Every page that plain HTTP shows. */
export type PlainPageName = Exclude<PlainAnswer, 'redirect'> | 'method_not_allowed' | 'bad_request'

/** A page, ready to be sent. Nothing of a request, and nothing of a tenant, is in it. */
export type PlainPage = {
  readonly status: number
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

type Words = {
  readonly status: number
  readonly title: string
  /** What is awaited, and what a visitor can do. */
  readonly visitor: string
  /** What the domain's owner can do. */
  readonly owner?: string
  readonly headers?: Readonly<Record<string, string>>
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2125;--quiet:#59616a;--paper:#fbfbfa;--rule:#dcdfe2}
@media(prefers-color-scheme:dark){
:root{--ink:#e8eaec;--quiet:#a5adb5;--paper:#15181b;--rule:#363c42}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);
color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif}
main{box-sizing:border-box;width:100%;max-width:36rem;padding:2rem 1.5rem}
h1{margin:0 0 .75rem;font-size:1.625rem;line-height:1.25;text-wrap:balance}
p{margin:0 0 1rem}
.owner{margin-top:1.75rem;padding-top:1.25rem;border-top:1px solid var(--rule)}
.owner,.status{color:var(--quiet);font-size:.9375rem}
.status{margin:0}
`

// Why a hash: it lets this one style in and no other.
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

const COMMON_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'private, no-store',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; ` +
    "form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const RETRY_SOON = { 'retry-after': '30' }

/** All pages by name, written out once at start. */
export const PLAIN_PAGES: Readonly<Record<PlainPageName, PlainPage>> = {
  awaiting_records: writePage({
    status: 503,
    title: 'This domain is being set up',
    visitor: 'Its DNS records have not all been seen yet. Come back later.',
    owner: 'Your workspace shows which DNS records are awaited, and what was found so far.',
    headers: { 'retry-after': '60' },
  }),
  awaiting_certificate: writePage({
    status: 503,
    title: 'This domain is almost ready',
    visitor:
      'Its certificate for secure connections is being obtained. Come back in a few minutes.',
    owner: 'There is nothing to do. Your workspace says when the certificate is there.',
    headers: RETRY_SOON,
  }),
  certificate_failing: writePage({
    status: 503,
    title: 'This domain has no certificate yet',
    visitor: 'The certificate for secure connections could not be obtained. Come back later.',
    owner: 'Your workspace says why it was refused, how to put that right, and when we try again.',
    headers: { 'retry-after': '300' },
  }),
  suspended: writePage({
    status: 410,
    title: 'The links of this domain are out of service',
    visitor: 'The domain no longer leads here as it should. Ask whoever sent you the link.',
    owner: 'Your workspace says which DNS record to set. The links work again once it is seen.',
  }),
  unknown_hostname: writePage({
    status: 421,
    title: 'This domain is not served here',
    visitor: 'Check the address, or ask whoever sent it to you.',
    owner: 'Add this domain to your workspace, and set the DNS records that are shown there.',
  }),
  method_not_allowed: writePage({
    status: 405,
    title: 'Links can only be opened',
    visitor: 'Nothing can be sent to this address. Open the link in a browser.',
    headers: { allow: 'GET, HEAD' },
  }),
  bad_request: writePage({
    status: 400,
    title: 'This request cannot be understood',
    visitor: 'Open the link again. If that does not help, try another browser.',
  }),
}

function writePage({ status, title, visitor, owner, headers = {} }: Words): PlainPage {
  const body = Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${visitor}</p>
<p class="status">HTTP ${status}, ${STATUS_CODES[status]}</p>
${owner === undefined ? '' : `<p class="owner"><strong>Is it yours?</strong> ${owner}</p>\n`}</main>
</body>
</html>
`)
  return {
    status,
    body,
    headers: { ...COMMON_HEADERS, ...headers, 'content-length': String(body.length) },
  }
}
