import type { Test } from 'tap'
import type { ClickCount } from '@fingerpost/model/click'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { CoreApi } from '../src/core-api.ts'
import { proveChecks } from './contract-checks.ts'
import { proveClaimsAreQuiet } from './contract-claims.ts'
import { proveClicks } from './contract-clicks.ts'
import { proveHostnames } from './contract-hostnames.ts'
import { proveLookups } from './contract-lookups.ts'
import { proveStream } from './contract-stream.ts'
import { proveTakeovers } from './contract-takeovers.ts'

/**
 * A core with nothing in it, and the arrangements that tests make behind its
 * back: what a workspace does by the HTTP API, and what time does. A change is
 * committed when its promise is fulfilled.
 */
export type CoreUnderTest = AsyncDisposable & {
  readonly core: CoreApi
  /** The time as core sees it. */
  now(): EpochMs
  /** Lets time pass for core. */
  advance(ms: DurationMs): void
  /** Adds a domain to a workspace, which is made when needed: pending, due at once. Gives its id. */
  givenDomain(workspace: string, hostname: string): Promise<string>
  /** Sets where a domain's "/" leads. */
  changeDomain(domainId: string, rootUrl: string): Promise<void>
  /** Deletes a domain with all that belongs to it. */
  deleteDomain(domainId: string): Promise<void>
  /** Adds a plain link to a domain. Gives its id. */
  givenLink(domainId: string, slug: string, destination: string): Promise<string>
  /** Gives a link another destination. */
  changeLink(linkId: string, destination: string): Promise<void>
  /** Deletes a link. */
  deleteLink(linkId: string): Promise<void>
  /** Gives what is counted of a link, in any order and in as many parts as it may be. */
  clicksOf(linkId: string): Promise<readonly ClickCount[]>
  /** Drops all changes that are kept for resuming, as retention does some day. */
  forgetChanges(): Promise<void>
}

/** Makes a core with nothing in it. */
export type OpenCore = () => Promise<CoreUnderTest>

/**
 * Proves that a core keeps the promises of `CoreApi`. Every implementation is
 * run through this, seen directly or through gRPC.
 */
export function proveCoreContract(t: Test, openCore: OpenCore): void {
  proveLookups(t, openCore)
  proveStream(t, openCore)
  proveClaimsAreQuiet(t, openCore)
  proveHostnames(t, openCore)
  proveChecks(t, openCore)
  proveTakeovers(t, openCore)
  proveClicks(t, openCore)
}
