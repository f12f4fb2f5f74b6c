import { canonicalHostname, parseHostname } from '@fingerpost/model/hostname'
import {
  isWellKnownPath,
  parseSlug,
  pathOfSlug,
  slugFromRequestTarget,
} from '@fingerpost/model/slug'
import { madeUpHostname, madeUpSlug, madeUpTarget, type Random } from './made-up.ts'
import { Mismatches } from './mismatches.ts'

const HOSTNAME =
  /^(?=.{3,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/

/**
 * Tries the rules with made-up texts: none of them may throw, what they accept has to be
 * canonical, and two ways to the same answer have to agree.
 */
export function fuzzRules(count: number, random: Random): Mismatches {
  const tried = new Mismatches()
  for (let round = 0; round < count; round += 3) {
    const hostname = madeUpHostname(random)
    tried.try(hostname, () => problemOfHostname(hostname) ?? problemOfHeader(hostname))
    const slug = madeUpSlug(random)
    tried.try(slug, () => problemOfSlug(slug))
    const target = madeUpTarget(random)
    tried.try(target, () => problemOfTarget(target))
  }
  return tried
}

function problemOfHostname(text: string): string | undefined {
  const parsed = parseHostname(text, undefined)
  if (!parsed.ok) return undefined
  const { hostname } = parsed
  if (!HOSTNAME.test(hostname)) return `accepted as ${hostname}`
  const again = parseHostname(hostname, undefined)
  if (!again.ok || again.hostname !== hostname) return `${hostname} is not accepted again`
  for (const spelling of [hostname, hostname.toUpperCase(), `${hostname}.`, `${hostname}.:8443`]) {
    if (canonicalHostname(spelling) !== hostname) return `the edge reads ${spelling} otherwise`
  }
  return undefined
}

function problemOfHeader(header: string): string | undefined {
  const hostname = canonicalHostname(header)
  if (hostname === undefined) return undefined
  if (!HOSTNAME.test(hostname)) return `read as ${hostname}`
  return canonicalHostname(hostname) === hostname ? undefined : `${hostname} is read otherwise`
}

function problemOfSlug(text: string): string | undefined {
  const parsed = parseSlug(text)
  if (!parsed.ok) return undefined
  const { slug } = parsed
  const again = parseSlug(slug)
  if (!again.ok || again.slug !== slug) return `${JSON.stringify(slug)} is not accepted again`
  const path = pathOfSlug(slug)
  if (isWellKnownPath(path)) return 'lies under /.well-known/'
  for (const spelling of [path, allEncoded(slug), `${path}?x=/y`]) {
    if (slugFromRequestTarget(spelling) !== slug) return `${spelling} does not lead to it`
  }
  return undefined
}

function allEncoded(slug: string): string {
  return `/${[...Buffer.from(slug)].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')}`
}

function problemOfTarget(target: string): string | undefined {
  const slug = slugFromRequestTarget(target)
  const byOtherWay = slugByOctets(target)
  if (slug !== byOtherWay) return `gave ${JSON.stringify(slug)}, not ${JSON.stringify(byOtherWay)}`
  if (slug === undefined) return undefined
  if (isWellKnownPath(target)) return 'has a slug although it lies under /.well-known/'
  // Why not the whole of it: the root link has no slug to be read again.
  if (slug === '') return undefined
  return slugFromRequestTarget(pathOfSlug(slug)) === slug ? undefined : 'its own path differs'
}

/** The slug of a request target, found without any function of `slug.ts` that decodes. */
function slugByOctets(target: string): string | undefined {
  if (!target.startsWith('/')) return undefined
  const path = target.replace(/[?#][^]*$/, '')
  if (path === '/') return ''
  const segment = path.slice(1).replace(/\/$/, '')
  if (segment === '' || /%(?![0-9a-f]{2})/i.test(segment)) return undefined
  const octets: number[] = []
  for (let at = 0; at < segment.length; at += 1) {
    if (segment[at] === '%') {
      octets.push(Number.parseInt(segment.slice(at + 1, at + 3), 16))
      at += 2
    } else {
      octets.push(segment.charCodeAt(at))
    }
  }
  const text = decoded(Uint8Array.from(octets))
  if (text === undefined) return undefined
  const parsed = parseSlug(text)
  return parsed.ok ? parsed.slug : undefined
}

function decoded(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    // Why ignored: that it is no UTF-8 is the answer.
    return undefined
  }
}
