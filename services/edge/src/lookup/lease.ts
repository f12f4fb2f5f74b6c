import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import type { Entry } from './bounded-entries.ts'

/**
 * The leave to use what L1 said once more without asking it: as long as neither
 * entry was dropped or replaced, the change stream is as it was, and none of
 * them is past its lifetime. `LinkLookup.holds` tells.
 */
export type Lease = {
  readonly domain: ServedDomain
  readonly link: ServedLink
  readonly domainEntry: Entry<ServedDomain>
  readonly linkEntry: Entry<ServedLink>
  /** The state of the change stream that it was given in. */
  readonly era: number
  /** By a clock that never jumps. */
  readonly untilMs: number
}
