import { createHash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { AnswerPage } from './rules/answer.ts'

/** Every page that the edge shows. */
export type PageName =
  | AnswerPage
  | 'bad_request'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'header_too_large'
  | 'internal_error'
  | 'unavailable'

/** A page, ready to be sent. It is the same for everybody: nothing of a request is in it. */
export type Page = {
  readonly status: number
  readonly body: Buffer
  /** Names and values in turn. */
  readonly headers: readonly string[]
}

type Words = {
  readonly status: number
  readonly title: string
  /** What happened, and what a visitor can do. */
  readonly visitor: string
  /** What the link's or domain's owner can do, when there is something. */
  readonly owner?: string
  readonly headers?: readonly string[]
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

/** All pages by name, written out once at start. */
export const PAGES: Readonly<Record<PageName, Page>> = {
  root: writePage({
    status: 404,
    title: 'Nothing to see at this address',
    visitor: 'This address only forwards short links. Open the full link that you were given.',
    owner: 'Set a root URL for this domain, or add a link for the path "/".',
  }),
  not_found: writePage({
    status: 404,
    title: 'This link does not exist',
    visitor: 'Check the address for a missing or a wrong character, or ask whoever sent it to you.',
    owner: 'Add a link with this path, or set a not-found URL for this domain.',
  }),
  gone: writePage({
    status: 410,
    title: 'This link is no longer in use',
    visitor: 'It has expired, or its owner has turned it off. Ask whoever sent it to you.',
    owner: 'Turn the link on again, or give it a later expiry.',
  }),
  suspended: writePage({
    status: 410,
    title: 'The links of this domain are out of service',
    visitor: 'The domain no longer leads here as it should. Ask whoever sent you the link.',
    owner:
      'Look at this domain in your workspace: it says which DNS record to set. ' +
      'The links work again as soon as that record is seen.',
  }),
  unknown_hostname: writePage({
    status: 421,
    title: 'This domain is not served here',
    visitor: 'Check the address, or ask whoever sent it to you.',
    owner:
      'Add this domain to your workspace, and set the DNS records that are shown there. ' +
      'If you have done so, the ownership record has not been seen yet.',
  }),
  bad_request: writePage({
    status: 400,
    title: 'This request cannot be understood',
    visitor: 'Open the link again. If that does not help, try another browser.',
  }),
  method_not_allowed: writePage({
    status: 405,
    title: 'Links can only be opened',
    visitor: 'Nothing can be sent to this address. Open the link in a browser.',
    headers: ['Allow', 'GET, HEAD'],
  }),
  request_timeout: writePage({
    status: 408,
    title: 'The request took too long to arrive',
    visitor: 'Check your connection, and open the link again.',
  }),
  header_too_large: writePage({
    status: 431,
    title: 'The request is too large',
    visitor: 'Delete the cookies of this site, and open the link again.',
  }),
  internal_error: writePage({
    status: 500,
    title: 'Something went wrong here',
    visitor: 'It is not your fault. Try again in a minute.',
  }),
  unavailable: writePage({
    status: 503,
    title: 'This link cannot be looked up right now',
    visitor: 'The link may well be fine. Try again in a few seconds.',
    headers: ['Retry-After', '1'],
  }),
}

/** Gives a page as the octets of a whole HTTP/1.1 response, for a connection beyond repair. */
export function rawResponseOf({ status, headers, body }: Page): Buffer {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'Connection: close']
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`)
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

function writePage({ status, title, visitor, owner, headers = [] }: Words): Page {
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
  const length = ['Content-Length', String(body.length)]
  return { status, body, headers: [...COMMON_HEADERS, ...headers, ...length] }
}
