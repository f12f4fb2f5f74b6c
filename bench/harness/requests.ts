import { plainLink, type LinkSet } from './links.ts'
import { zipfDraws } from './statistics.ts'

/** How many requests a load repeats in the same order. */
const DRAWS = 50_000
const SEED = 20_260_101

// What browsers send today; a third of the clicks come from a page that says so.
const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0',
]
const REFERERS = ['https://www.example.org/news/today', 'https://mail.example.net/']

/** Writes the click on a link as a browser sends it by HTTP/1.1. */
export function clickText(
  link: { readonly hostname: string; readonly path: string },
  draw: number,
): string {
  return [
    `GET ${link.path} HTTP/1.1`,
    `Host: ${link.hostname}`,
    ...clickHeaders(draw).map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ].join('\r\n')
}

/** Gives the headers of a click besides `Host`. */
export function clickHeaders(draw: number): readonly (readonly [string, string])[] {
  const referer = REFERERS[draw % (3 * REFERERS.length)]
  return [
    ['User-Agent', USER_AGENTS[draw % USER_AGENTS.length] ?? ''],
    ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['Accept-Language', 'en-US,en;q=0.5'],
    ['Accept-Encoding', 'gzip, deflate, br, zstd'],
    ...(referer === undefined ? [] : [['Referer', referer] as const]),
    ['Upgrade-Insecure-Requests', '1'],
  ]
}

/** Writes clicks on links chosen by Zipf's law, always the same for the same set. */
export function zipfClicks(set: LinkSet): readonly string[] {
  return zipfDraws({ size: set.links, draws: DRAWS, seed: SEED }).map((index, draw) =>
    clickText(plainLink(index, set), draw),
  )
}
