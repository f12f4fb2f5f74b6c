import type { DomainStatus } from '@fingerpost/model/domain-status'
import type {
  Change,
  CheckRecord,
  DueDomain,
  HostnamesPage,
  HostnameState,
  LinkTarget,
  Sequence,
} from '../src/core-api.ts'
import { hostnameOf, plainCheck, slugOf } from '../src/fake-rows.ts'
import type { CoreUnderTest } from './core-contract.ts'

/** How long the contract's own checks are put off: an hour. */
export const NEXT_CHECK_MS = 3_600_000
/** The lease of the contract's own claims. */
export const LEASE_MS = 60_000

/** Makes a target of texts that are known to be good. */
export function targetOf(hostname: string, slug: string): LinkTarget {
  return { hostname: hostnameOf(hostname), slug: slugOf(slug) }
}

/** Claims all that is due. */
export function claimAll(open: CoreUnderTest): Promise<readonly DueDomain[]> {
  return open.core.claimDueDomains({ workerId: 'worker-1', limit: 100, leaseMs: LEASE_MS })
}

/** Claims all that is due and gives the one domain with this id. */
export async function claimOne(open: CoreUnderTest, domainId: string): Promise<DueDomain> {
  const due = (await claimAll(open)).find((domain) => domain.id === domainId)
  if (due === undefined) throw new Error(`Domain "${domainId}" is not due.`)
  return due
}

/** Makes a check of a claimed domain that found everything and changes no status. */
export function checkOf(open: Pick<CoreUnderTest, 'now'>, due: DueDomain): CheckRecord {
  return { ...plainCheck(due, open.now()), nextCheckAt: open.now() + NEXT_CHECK_MS }
}

/** Makes the same check with a transition. */
export function transitionOf(open: CoreUnderTest, due: DueDomain, to: DomainStatus): CheckRecord {
  const transition = { to, code: 'ownership_proved', message: 'The TXT record was found.' } as const
  return { ...checkOf(open, due), transition }
}

/** Adds a domain and moves it to a status. Gives its id. */
export async function givenDomainIn(
  open: CoreUnderTest,
  domain: { readonly workspace: string; readonly hostname: string; readonly status: DomainStatus },
): Promise<string> {
  const id = await open.givenDomain(domain.workspace, domain.hostname)
  const due = await claimOne(open, id)
  const outcome = await open.core.recordCheck(transitionOf(open, due, domain.status))
  if (outcome !== 'applied') throw new Error(`The transition was "${outcome}".`)
  return id
}

/** Reads all changes after a sequence, up to and without the first heartbeat. */
export async function changesAfter(
  open: CoreUnderTest,
  afterSequence: Sequence,
): Promise<readonly Change[]> {
  const changes: Change[] = []
  for await (const change of open.core.watchChanges(
    { afterSequence },
    new AbortController().signal,
  )) {
    if (change.kind === 'heartbeat') break
    changes.push(change)
  }
  return changes
}

/** Gives the sequence of the newest change. */
export async function newestSequence(open: CoreUnderTest): Promise<Sequence> {
  for await (const change of open.core.watchChanges(
    { afterSequence: 0 },
    new AbortController().signal,
  )) {
    if (change.kind === 'heartbeat') return change.sequence
  }
  throw new Error('The change stream ended.')
}

/** Reads the whole list of hostnames. */
export async function listAll(open: CoreUnderTest): Promise<{
  readonly pages: readonly HostnamesPage[]
  readonly states: readonly HostnameState[]
}> {
  const pages: HostnamesPage[] = []
  for await (const page of open.core.listHostnames(new AbortController().signal)) pages.push(page)
  const states = pages
    .flatMap((page) => page.hostnames)
    .toSorted((one, other) => one.hostname.localeCompare(other.hostname))
  return { pages, states }
}
