import t from 'tap'
import { parseDestination, type Destination } from '@fingerpost/model/destination'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { hostnameOfLoop } from './fallback-loop.ts'

t.test('a URL that leads back to where it is shown is found', async (t) => {
  const hostnames = [hostname('a.example.com'), hostname('b.example.com')]
  for (const [root, notFound, expected] of [
    [null, undefined, undefined],
    ['https://c.example.com/', 'https://c.example.com/', undefined],
    ['https://a.example.com/', null, 'a.example.com'],
    ['http://B.example.com', null, 'b.example.com'],
    ['https://a.example.com/elsewhere', null, undefined],
    [undefined, 'https://b.example.com/elsewhere', 'b.example.com'],
    [undefined, 'https://sub.b.example.com/', undefined],
  ] as const) {
    const urls = { rootUrl: urlOrNone(root), notFoundUrl: urlOrNone(notFound) }
    t.equal(hostnameOfLoop(urls, hostnames), expected, JSON.stringify(urls))
  }
})

function urlOrNone(text: string | null | undefined): Destination | null | undefined {
  if (typeof text !== 'string') return text
  const parsed = parseDestination(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.destination
}

function hostname(text: string): Hostname {
  const name = canonicalHostname(text)
  if (name === undefined) throw new Error(`"${text}" is no hostname.`)
  return name
}
