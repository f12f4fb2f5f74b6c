import type { Clock } from '@fingerpost/chassis/clock'
import type {
  Acknowledgement,
  CertificateRecord,
  Change,
  CheckOutcome,
  CheckRecord,
  ClaimRequest,
  ClickBatch,
  CoreApi,
  Delivery,
  DeliveryRecord,
  DueDomain,
  HostnamesPage,
  LinkLookup,
  LinkTarget,
  WatchFrom,
} from '@fingerpost/contract/core-api'
import { claimFromWire } from '@fingerpost/contract/core-request-mapping'
import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs } from '@fingerpost/model/time'
import { recordCertificate } from '../certificates/certificate-store.ts'
import { ClickIntake } from '../clicks/click-intake.ts'
import { inTransaction, type WriteDeps } from '../database/transaction.ts'
import { claimDueDomains, recordCheck } from '../domains/check-store.ts'
import { describeHostname } from '../domains/diagnosis-store.ts'
import { claimDeliveries, recordDelivery } from '../notices/delivery-store.ts'
import { readChanges } from '../events/change-store.ts'
import type { EdgeStream } from '../events/edge-registry.ts'
import type { Edges } from '../events/edges.ts'
import type { RecordNaming } from '../rules/domain-records.ts'
import { listHostnames, prepareLookup, type Lookup } from './lookup-store.ts'

/** How often a change stream without changes says that it is alive. */
export const HEARTBEAT_MS: DurationMs = 2_000

/** What the calls of the other services need. */
export type CoreDeps = WriteDeps & { readonly clock: Clock; readonly edges: Edges }

/** What the other services are offered, over the stores. */
export class StoredCore implements CoreApi {
  readonly #deps: CoreDeps
  readonly #naming: RecordNaming
  readonly #lookup: Lookup
  readonly #clicks: ClickIntake

  constructor(naming: RecordNaming, deps: CoreDeps) {
    this.#deps = deps
    this.#naming = naming
    this.#lookup = prepareLookup(deps.storage.db)
    this.#clicks = new ClickIntake(deps)
  }

  lookupLink(target: LinkTarget): Promise<LinkLookup> {
    return this.#lookup(target)
  }

  async *watchChanges(from: WatchFrom, signal: AbortSignal): AsyncGenerator<Change> {
    if (signal.aborted) return
    const stream = from.edgeId === undefined ? undefined : await this.#deps.edges.join(from.edgeId)
    try {
      yield* this.#follow(from, stream, signal)
    } finally {
      stream?.end()
    }
  }

  listHostnames(signal: AbortSignal): AsyncIterable<HostnamesPage> {
    return listHostnames(signal, this.#deps.storage.db)
  }

  async acknowledgeChanges(acknowledgement: Acknowledgement): Promise<void> {
    this.#deps.edges.acknowledge(acknowledgement)
  }

  recordClicks(batch: ClickBatch): Promise<void> {
    return this.#clicks.record(batch)
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

  recordCertificate(record: CertificateRecord): Promise<void> {
    return recordCertificate(record, this.#deps)
  }

  claimDeliveries(request: ClaimRequest): Promise<readonly Delivery[]> {
    return claimDeliveries(request, this.#deps)
  }

  recordDelivery(record: DeliveryRecord): Promise<void> {
    return recordDelivery(record, this.#deps)
  }

  describeHostname(hostname: Hostname): Promise<string | undefined> {
    const { storage, clock } = this.#deps
    return describeHostname(hostname, { naming: this.#naming, db: storage.db, now: clock.now() })
  }

  async *#follow(
    from: WatchFrom,
    stream: EdgeStream | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Change> {
    const { storage, feed, clock } = this.#deps
    let seen = from
    let isCaughtUp = false
    for (;;) {
      const { news } = feed
      const { lineage, changes } = await readChanges(seen, storage.db)
      if (seen === from && changes[0].kind !== 'reset') stream?.begin(lineage, from.afterSequence)
      for (const change of changes) {
        if (signal.aborted) return
        seen = { ...seen, lineage, afterSequence: change.sequence }
        // Why left out: whoever has caught up knows, and every change would bring one.
        if (change.kind === 'heartbeat' && isCaughtUp && changes.length > 1) continue
        stream?.tell(change, lineage)
        isCaughtUp = change.kind === 'heartbeat' || (isCaughtUp && change.kind !== 'reset')
        yield change
      }
      if (changes.at(-1)?.kind !== 'heartbeat') continue
      const waiting = new AbortController()
      const either = AbortSignal.any([signal, waiting.signal])
      await Promise.race([feed.waitForNews(news, either), clock.sleep(HEARTBEAT_MS, either)])
      waiting.abort()
      if (signal.aborted) return
    }
  }
}
