import { isIP } from 'node:net'
import {
  pinnedRequest,
  type OutgoingFailure,
  type OutgoingLimits,
  type OutgoingRequest,
  type PinnedAnswer,
} from './pinned-request.ts'
import { isPublicAddress } from './public-address.ts'

/** Gives all addresses of a name, as the system sees it; rejects when they cannot be told. */
export type LookupAddresses = (hostname: string) => Promise<readonly string[]>

/** What a guarded request needs. */
export type GuardedRequestDeps = {
  readonly lookup: LookupAddresses
  /** Lets private addresses through, for tests and closed networks. */
  readonly allowPrivate: boolean
  readonly limits: OutgoingLimits
}

/** Why a guarded request has no answer. */
export type GuardedFailure = OutgoingFailure | 'lookup_failed'

/** What became of a guarded request. What can be expected to fail never throws. */
export type GuardedAnswer =
  | (Extract<PinnedAnswer, { kind: 'answered' }> & { readonly address: string })
  /** One of the host's addresses is not public, so that none was connected to. */
  | { readonly kind: 'refused_address'; readonly address: string }
  | { readonly kind: 'failed'; readonly what: GuardedFailure }

/** Most addresses of a name that are tried, one after the other. */
export const ADDRESSES_TRIED_MAX = 4

/**
 * Makes one request to a URL that somebody else chose. Its host is resolved
 * once; all its addresses have to be public, and only they are connected to.
 * A redirect is an answer like any other and is not followed.
 *
 * The next address is tried only when nothing can have been sent to the one before.
 *
 * @param signal when it aborts, the request is given up: `cancelled`
 */
export async function guardedRequest(
  request: OutgoingRequest,
  signal: AbortSignal,
  deps: GuardedRequestDeps,
): Promise<GuardedAnswer> {
  const { lookup, allowPrivate, limits } = deps
  const deadline = AbortSignal.timeout(limits.totalMsMax)
  const either = AbortSignal.any([signal, deadline])
  const failed = (what: GuardedFailure): GuardedAnswer => {
    if (!either.aborted) return { kind: 'failed', what }
    return { kind: 'failed', what: signal.aborted ? 'cancelled' : 'timeout' }
  }
  const addresses = await addressesOf(request.url, either, lookup)
  if (addresses === undefined) return failed('lookup_failed')
  const refused = allowPrivate ? undefined : addresses.find((ip) => !isPublicAddress(ip))
  if (refused !== undefined) return { kind: 'refused_address', address: refused }

  let what: GuardedFailure = 'lookup_failed'
  for (const address of addresses.slice(0, ADDRESSES_TRIED_MAX)) {
    const answer = await pinnedRequest(request, { address, verifiesTls: true, limits }, either)
    if (answer.kind === 'answered') return { ...answer, address }
    what = answer.what
    if (answer.isConnected || either.aborted) break
  }
  return failed(what)
}

/** Gives the addresses of a URL's host; undefined when there is none to be had in time. */
async function addressesOf(
  url: URL,
  signal: AbortSignal,
  lookup: LookupAddresses,
): Promise<readonly string[] | undefined> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0) return [host]
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const giveUp = (): void => resolve(undefined)
  signal.addEventListener('abort', giveUp, { once: true })
  if (signal.aborted) giveUp()
  try {
    const addresses = await Promise.race([lookup(host), aborted])
    return addresses?.length === 0 ? undefined : addresses
  } catch {
    // Why silent: whatever was wrong with the lookup, the host has no address that is known.
    return undefined
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
