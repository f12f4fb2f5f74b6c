import type { Clock } from '@fingerpost/chassis/clock'
import type {
  Acknowledgement,
  Change,
  CheckOutcome,
  CheckRecord,
  ClaimRequest,
  ClickBatch,
  CoreApi,
  DueDomain,
  HostnamesPage,
  LinkLookup,
  LinkTarget,
  WatchFrom,
} from '@fingerpost/contract/core-api'
import { claimFromWire } from '@fingerpost/contract/core-request-mapping'
import { AppError } from '@fingerpost/model/errors'
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

  async *watchChanges(from: WatchFrom, signal: AbortSignal): AsyncGenerator<Change> {
    const { storage, feed, clock } = this.#deps
    let seen = from
    while (!signal.aborted) {
      const { news } = feed
      const changes = await readChanges(seen, storage.db)
      for (const change of changes) {
        if (signal.aborted) return
        yield change
        const lineage = 'lineage' in change ? change.lineage : seen.lineage
        seen = {
          ...seen,
          afterSequence: change.sequence,
          ...(lineage !== undefined && { lineage }),
        }
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

  async acknowledgeChanges(_acknowledgement: Acknowledgement): Promise<void> {
    // Nobody waits for edges yet.
  }

  async recordClicks(_batch: ClickBatch): Promise<void> {
    throw new AppError('internal_error', 'Clicks are not stored yet.')
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
