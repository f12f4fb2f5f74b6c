import { writeHtmlPage, type HtmlPage } from '@fingerpost/chassis/html-page'
import type { PlainAnswer } from '../rules/plain-answer.ts'

/** Every page that plain HTTP shows. */
export type PlainPageName = Exclude<PlainAnswer, 'redirect'> | 'method_not_allowed' | 'bad_request'

/** All pages by name, written out once at start: nothing of a request or a tenant is in them. */
export const PLAIN_PAGES: Readonly<Record<PlainPageName, HtmlPage>> = {
  awaiting_records: writeHtmlPage({
    status: 503,
    title: 'This domain is being set up',
    visitor: 'Its DNS records have not all been seen yet. Come back later.',
    owner: 'Your workspace shows which DNS records are awaited, and what was found so far.',
    headers: { 'Retry-After': '60' },
  }),
  awaiting_certificate: writeHtmlPage({
    status: 503,
    title: 'This domain is almost ready',
    visitor: 'Its certificate for secure connections is not there yet. Come back a little later.',
    owner: 'Your workspace says how far it is, and if there is anything to do.',
    headers: { 'Retry-After': '30' },
  }),
  certificate_failing: writeHtmlPage({
    status: 503,
    title: 'This domain has no valid certificate',
    visitor: 'The certificate for secure connections could not be obtained. Come back later.',
    owner: 'Your workspace says why it was refused, how to put that right, and when we try again.',
    headers: { 'Retry-After': '300' },
  }),
  suspended: writeHtmlPage({
    status: 410,
    title: 'The links of this domain are out of service',
    visitor: 'The domain no longer leads here as it should. Ask whoever sent you the link.',
    owner: 'Your workspace says which DNS record to set. The links work again once it is seen.',
  }),
  unknown_hostname: writeHtmlPage({
    status: 421,
    title: 'This domain is not served here',
    visitor: 'Check the address, or ask whoever sent it to you.',
    owner: 'Add this domain to your workspace, and set the DNS records that are shown there.',
  }),
  method_not_allowed: writeHtmlPage({
    status: 405,
    title: 'Links can only be opened',
    visitor: 'Nothing can be sent to this address. Open the link in a browser.',
    headers: { Allow: 'GET, HEAD' },
  }),
  bad_request: writeHtmlPage({
    status: 400,
    title: 'This request cannot be understood',
    visitor: 'Open the link again. If that does not help, try another browser.',
  }),
}
