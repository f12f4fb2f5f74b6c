import { STATUS_CODES } from 'node:http'
import { writeHtmlPage, type HtmlPage } from '@fingerpost/chassis/html-page'
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

/** All pages by name, written out once at start: nothing of a request is in them. */
export const PAGES: Readonly<Record<PageName, HtmlPage>> = {
  root: writeHtmlPage({
    status: 404,
    title: 'Nothing to see at this address',
    visitor: 'This address only forwards short links. Open the full link that you were given.',
    owner: 'Set a root URL for this domain, or add a link for the path "/".',
  }),
  not_found: writeHtmlPage({
    status: 404,
    title: 'This link does not exist',
    visitor: 'Check the address for a missing or a wrong character, or ask whoever sent it to you.',
    owner: 'Add a link with this path, or set a not-found URL for this domain.',
  }),
  gone: writeHtmlPage({
    status: 410,
    title: 'This link is no longer in use',
    visitor: 'It has expired, or its owner has turned it off. Ask whoever sent it to you.',
    owner: 'Turn the link on again, or give it a later expiry.',
  }),
  suspended: writeHtmlPage({
    status: 410,
    title: 'The links of this domain are out of service',
    visitor: 'The domain no longer leads here as it should. Ask whoever sent you the link.',
    owner:
      'Look at this domain in your workspace: it says which DNS record to set. ' +
      'The links work again as soon as that record is seen.',
  }),
  unknown_hostname: writeHtmlPage({
    status: 421,
    title: 'This domain is not served here',
    visitor: 'Check the address, or ask whoever sent it to you.',
    owner:
      'Add this domain to your workspace, and set the DNS records that are shown there. ' +
      'If you have done so, the ownership record has not been seen yet.',
  }),
  bad_request: writeHtmlPage({
    status: 400,
    title: 'This request cannot be understood',
    visitor: 'Open the link again. If that does not help, try another browser.',
  }),
  method_not_allowed: writeHtmlPage({
    status: 405,
    title: 'Links can only be opened',
    visitor: 'Nothing can be sent to this address. Open the link in a browser.',
    headers: { Allow: 'GET, HEAD' },
  }),
  request_timeout: writeHtmlPage({
    status: 408,
    title: 'The request took too long to arrive',
    visitor: 'Check your connection, and open the link again.',
  }),
  header_too_large: writeHtmlPage({
    status: 431,
    title: 'The request is too large',
    visitor: 'Delete the cookies of this site, and open the link again.',
  }),
  internal_error: writeHtmlPage({
    status: 500,
    title: 'Something went wrong here',
    visitor: 'It is not your fault. Try again in a minute.',
  }),
  unavailable: writeHtmlPage({
    status: 503,
    title: 'This link cannot be looked up right now',
    visitor: 'The link may well be fine. Try again in a few seconds.',
    headers: { 'Retry-After': '1' },
  }),
}

/** Gives a page as the octets of a whole HTTP/1.1 response, for a connection beyond repair. */
export function rawResponseOf({ status, headers, body }: HtmlPage): Buffer {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'Connection: close']
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`)
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}
