import { isIP } from 'node:net'
import { PROBE_PATH, type ProbeProof } from '@fingerpost/contract/probe-proof'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import {
  pinnedRequest,
  type OutgoingLimits,
  type PinnedAnswer,
} from '../outgoing/pinned-request.ts'
import { isPublicAddress } from '../outgoing/public-address.ts'
import type { BadRedirect, ProbeOutcome } from '../rules/probe-observation.ts'

/** What probing one address needs. */
export type ProbeAddressDeps = {
  readonly proof: Pick<ProbeProof, 'isAnswer'>
  /** The port at which the hostname is asked; 80 but in tests. */
  readonly httpPort: number
  /** The ports that a redirect may lead to; 80 and 443 but in tests. */
  readonly redirectPorts: readonly number[]
  readonly allowPrivate: boolean
  readonly limits: OutgoingLimits
  /**
   * Looks up the addresses of a redirect's host, as the checks see DNS; empty: it has none,
   * undefined: that could not be told.
   */
  readonly lookup: (hostname: string, signal: AbortSignal) => Promise<readonly string[] | undefined>
}

/** Most redirects that are followed, as many as a CA follows. */
export const REDIRECTS_MAX = 10

/** The form of a proof of any installation. */
const ANY_PROOF = /^[\w-]{43}$/

/**
 * Fetches our proof for a hostname from one of its published addresses, by the
 * redirect rules of a CA: a few, by http or https, to the usual ports, and
 * without looking at certificates.
 */
export async function probeAddress(
  { hostname, nonce, address }: ProbedAddress,
  signal: AbortSignal,
  deps: ProbeAddressDeps,
): Promise<ProbeOutcome> {
  let url = firstUrl(hostname, nonce, deps.httpPort)
  const seen = new Set<string>()
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const shown = `${url.origin}${url.pathname}`.replace(nonce, '…')
    if (seen.has(url.href)) return { kind: 'redirect_loop', url: shown }
    seen.add(url.href)
    const isOwn = canonicalHostname(url.hostname) === hostname
    // Why the same address: another one of the hostname is probed by itself.
    const peers = isOwn ? [address] : await peersOf(url, signal, deps)
    if (signal.aborted) return { kind: 'not_tried' }
    if (peers === undefined) return { kind: 'redirect_untold', url: shown, why: 'lookup_failed' }
    if (!deps.allowPrivate && !peers.every(isPublicAddress)) {
      return isOwn
        ? { kind: 'not_public' }
        : { kind: 'bad_redirect', url: shown, why: 'not_public' }
    }
    const answer = await fetchFrom(peers, url, signal, deps.limits)
    if (answer === undefined) return { kind: 'bad_redirect', url: shown, why: 'no_address' }
    if (answer.kind === 'failed') {
      if (answer.what === 'no_route') {
        const why = answer.what
        return isOwn ? { kind: why } : { kind: 'redirect_untold', url: shown, why }
      }
      if (answer.what === 'cancelled' || answer.what === 'not_sent') return { kind: 'not_tried' }
      return { kind: 'failed', failure: answer.what, url: shown }
    }
    const { status } = answer
    const location = answer.headers['location']
    if (!REDIRECTS.has(status) || typeof location !== 'string') {
      const text = answer.body.toString('latin1')
      if (status === 200 && deps.proof.isAnswer(text, nonce, hostname)) return { kind: 'proved' }
      if (status === 200 && ANY_PROOF.test(text)) return { kind: 'other_proof' }
      return { kind: 'answered', status, url: shown }
    }
    const next = URL.parse(location, url)
    const why = next === null ? 'not_http' : problemOf(next, deps)
    if (next === null || why !== undefined) {
      return { kind: 'bad_redirect', url: location, why: why ?? 'not_http' }
    }
    next.hash = ''
    url = next
  }
  return { kind: 'too_many_redirects', url: url.origin }
}

/** One probe: at which address, of which hostname, with which nonce. */
export type ProbedAddress = {
  readonly hostname: Hostname
  readonly nonce: string
  readonly address: string
}

const HEADERS = { 'user-agent': 'Fingerpost-Probe', accept: '*/*' }
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

function firstUrl(hostname: Hostname, nonce: string, port: number): URL {
  return new URL(`http://${hostname}:${port}${PROBE_PATH}${nonce}`)
}

function problemOf(url: URL, { redirectPorts }: ProbeAddressDeps): BadRedirect | undefined {
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'not_http'
  // Why as without an address: a CA refuses redirects to bare addresses.
  if (isIP(url.hostname.replace(/^\[(.*)\]$/, '$1')) !== 0) return 'no_address'
  return port !== undefined && redirectPorts.includes(port) ? undefined : 'port'
}

/**
 * Gives the addresses of a redirect's host as a CA tries them: one of IPv6, and one of IPv4
 * in case that there is no connection to it.
 */
async function peersOf(
  url: URL,
  signal: AbortSignal,
  { lookup, allowPrivate }: ProbeAddressDeps,
): Promise<readonly string[] | undefined> {
  const addresses = await lookup(url.hostname, signal)
  if (addresses === undefined) return undefined
  // Why any that is not public: a name that leads inside is refused, whatever else it has.
  const inside = allowPrivate ? undefined : addresses.find((ip) => !isPublicAddress(ip))
  if (inside !== undefined) return [inside]
  const [v6, v4] = [6, 4].map((family) => addresses.find((ip) => isIP(ip) === family))
  return [v6, v4].filter((ip) => ip !== undefined)
}

/**
 * Tries the next peer only when nothing can have been sent to the one before;
 * undefined: there is none.
 */
async function fetchFrom(
  peers: readonly string[],
  url: URL,
  signal: AbortSignal,
  limits: OutgoingLimits,
): Promise<PinnedAnswer | undefined> {
  const request = { url, method: 'GET', headers: HEADERS, body: undefined } as const
  let answer: PinnedAnswer | undefined
  for (const address of peers) {
    answer = await pinnedRequest(request, { address, verifiesTls: false, limits }, signal)
    if (answer.kind === 'answered' || answer.isConnected || signal.aborted) break
  }
  return answer
}
