import type { Destination } from './destination.ts'
import type { DomainStatus } from './domain-status.ts'
import type { Hostname } from './hostname.ts'
import type { Slug } from './slug.ts'
import type { EpochMs } from './time.ts'

/** The redirect statuses a link can have. @see RFC 9110 section 15.4 */
export const REDIRECT_STATUSES = [301, 302, 307, 308] as const

/** One of `REDIRECT_STATUSES`. */
export type RedirectStatus = (typeof REDIRECT_STATUSES)[number]

/** The redirect status of a link that names none: temporary, so that it can be changed. */
export const REDIRECT_STATUS_DEFAULT: RedirectStatus = 302

/** Tells whether a number, from outside, is a redirect status we answer with. */
export function isRedirectStatus(value: number): value is RedirectStatus {
  return REDIRECT_STATUSES.some((status) => status === value)
}

/** What an edge needs to know of a link in order to redirect. */
export type ServedLink = {
  readonly id: string
  readonly slug: Slug
  readonly destination: Destination
  readonly redirectStatus: RedirectStatus
  /** From this instant on the link is gone. */
  readonly expiresAt: EpochMs | undefined
  readonly isDisabled: boolean
  /** Grows by one with every change of the link. */
  readonly version: number
}

/** What an edge needs to know of the domain that holds a hostname. */
export type ServedDomain = {
  /**
   * Names the domain with the links that its hostname shows. Another one means that links which
   * were kept with the former one may not count any more, whatever was told of them.
   */
  readonly id: string
  readonly workspaceId: string
  readonly hostname: Hostname
  readonly status: DomainStatus
  /** Where `/` leads when there is no root link. */
  readonly rootUrl: Destination | undefined
  /** Where an unknown slug leads. */
  readonly notFoundUrl: Destination | undefined
  /**
   * Where every path leads, to the same path: the domain is an alternate of a group that
   * redirects to its primary. Undefined: the domain's links are served.
   */
  readonly redirectsTo: Hostname | undefined
  /** Whether `DNT: 1` and `Sec-GPC: 1` keep a click's dimensions from being counted. */
  readonly honoursPrivacySignals: boolean
  /** Grows by one with every change of the domain. */
  readonly version: number
}
