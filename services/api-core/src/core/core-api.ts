import type { Clock } from '@fingerpost/chassis/clock'
import type {
  Change,
  CheckOutcome,
  CheckRecord,
  ClaimRequest,
  CoreApi,
  DueDomain,
  HostnamesPage,
  LinkLookup,
  LinkTarget,
  Sequence,
} from '@fingerpost/contract/core-api'
import { claimFromWire } from '@fingerpost/contract/core-request-mapping'
import type { DurationMs } from '@fingerpost/model/time'
import { inTransaction, type WriteDeps } from '../database/transaction.ts'
import { claimDueDomains, recordCheck } from '../domains/check-store.ts'
import { readChanges } from '../events/change-store.ts'
import type { RecordNaming } from '../rules/domain-records.ts'
import { listHostnames, prepareLookup, type Lookup } from './lookup-store.ts'

/** How often a change stream without changes says that it is alive. */
export const HEARTBEAT_MS: DurationMs = 2_000

/** What the other services are offered, over the stores. */
export class StoredCore implements CoreApi {
  readonly #deps: WriteDeps & { readonly clock: Clock }
  readonly #naming: RecordNaming
  readonly #lookup: Lookup

  constructor(naming: RecordNaming, deps: WriteDeps & { readonly clock: Clock }) {
    this.#deps = deps
    this.#naming = naming
    this.#lookup = prepareLookup(deps.storage.db)
  }

  lookupLink(target: LinkTarget): Promise<LinkLookup> {
    return this.#lookup(target)
  }

  async *watchChanges(afterSequence: Sequence, signal: AbortSignal): AsyncGenerator<Change> {
    const { storage, feed, clock } = this.#deps
    let seen = afterSequence
    while (!signal.aborted) {
      const { news } = feed
      const changes = await readChanges(seen, storage.db)
      for (const change of changes) {
        if (signal.aborted) return
        yield change
        seen = change.sequence
      }
      if (changes[0].kind !== 'heartbeat') continue
      const waiting = new AbortController()
      const either = AbortSignal.any([signal, waiting.signal])
      await Promise.race([feed.waitForNews(news, either), clock.sleep(HEARTBEAT_MS, either)])
      waiting.abort()
    }
  }

  listHostnames(signal: AbortSignal): AsyncIterable<HostnamesPage> {
    return listHostnames(signal, this.#deps.storage.db)
  }

  claimDueDomains(request: ClaimRequest): Promise<readonly DueDomain[]> {
    return inTransaction(
      (writing) => claimDueDomains(claimFromWire(request), this.#naming, writing),
      this.#deps,
    )
  }

  recordCheck(check: CheckRecord): Promise<CheckOutcome> {
    return recordCheck(check, this.#deps)
  }
}
