import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { repeat } from '@fingerpost/chassis/repeat'
import type { CertificateRecord, CoreApi } from '@fingerpost/contract/core-api'
import type { CertificateNews } from '@fingerpost/model/certificate'
import { AppError } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import { OutageLog } from '../outage-log.ts'
import type { CaddyEvent } from '../rules/caddy-event.ts'

/** Most hostnames with news that core has not heard; beyond that the oldest news is lost. */
export const UNTOLD_HOSTNAMES_MAX = 20_000

/** Most calls to core at once. */
export const TELLING_MAX = 8

const TELL_BACKOFF = { firstMs: 200, factor: 2, maxMs: 5_000 }

/**
 * News of certificates on their way to core. Of each hostname only the newest is kept, and the news
 * before it of a certificate issued or seen: core must hear of every certificate that may be held.
 * The calls for one hostname are made one after another. While core is away the news waits.
 */
export class CertificateNewsQueue {
  readonly #untold = new Map<Hostname, readonly CertificateRecord[]>()
  #wake = new AbortController()
  #lost = 0

  /** How many hostnames have news that core has not heard. */
  get size(): number {
    return this.#untold.size
  }

  /** Of how many hostnames news was lost because too much of it waited. */
  get lost(): number {
    return this.#lost
  }

  /**
   * Takes news in. What is older than the news that waits is dropped, unless it is of a certificate
   * that is held: clocks differ, and may be set back.
   */
  add(record: CertificateRecord): void {
    const { hostname, seenAt, news } = record
    const waiting = this.#untold.get(hostname) ?? []
    const isNewest = waiting.every((other) => other.seenAt <= seenAt)
    const isSaid = waiting.some((other) => other.news.kind === news.kind && other.seenAt > seenAt)
    if (isSaid || !(isNewest || isHeld(record))) return
    const others = waiting.filter(
      (other) => other.news.kind !== news.kind && (isHeld(other) || !isNewest),
    )
    this.#untold.set(hostname, [...others, record].toSorted(bySeenAt))
    if (this.#untold.size > UNTOLD_HOSTNAMES_MAX) {
      const [oldest] = this.#untold.keys()
      if (oldest !== undefined) this.#untold.delete(oldest)
      this.#lost += 1
    }
    this.#wake.abort()
  }

  /** Takes in what an event of Caddy's log says. */
  addEvent(event: CaddyEvent): void {
    const { hostname, at } = event
    const evidence = event.kind === 'order_begun' ? [] : event.evidence
    this.add({ hostname, seenAt: at, news: newsOf(event), evidence })
  }

  /** Tells core the news until `signal` aborts. */
  async run(
    core: Pick<CoreApi, 'recordCertificate'>,
    signal: AbortSignal,
    deps: { readonly clock: Clock; readonly random: () => number; readonly log: Logger },
  ): Promise<void> {
    const outage = new OutageLog(deps.log, 'telling core of certificates', deps.clock)
    const tell = async (): Promise<void> => {
      await this.#untilNews(signal)
      const batch = this.#take()
      const tellings = batch.map((records) => this.#tell(records, core, deps.log))
      const failed = (await Promise.allSettled(tellings)).find(isRejected)
      if (failed !== undefined) throw failed.reason
      if (batch.length > 0) outage.succeeded()
    }
    const options = { pauseMs: 0, backoff: TELL_BACKOFF, signal }
    await repeat(tell, options, { ...deps, onError: (error) => outage.failed(error) })
  }

  async #tell(
    records: readonly CertificateRecord[],
    core: Pick<CoreApi, 'recordCertificate'>,
    log: Logger,
  ): Promise<void> {
    for (const [index, record] of records.entries()) {
      try {
        await core.recordCertificate(record)
      } catch (error) {
        if (error instanceof AppError && isFinal(error)) {
          const who = { hostname: record.hostname, error_code: error.code }
          log.error(who, 'core does not take news of a certificate')
          continue
        }
        this.#putBack(record.hostname, records.slice(index))
        throw error
      }
    }
  }

  #putBack(hostname: Hostname, records: readonly CertificateRecord[]): void {
    const newer = this.#untold.get(hostname)
    // Why not all of it when there is newer news: that one says the rest.
    const kept = newer === undefined ? records : [...records.filter(isHeld), ...newer]
    this.#untold.set(hostname, kept.slice(-RECORDS_PER_HOSTNAME_MAX))
  }

  #take(): readonly (readonly CertificateRecord[])[] {
    const batch = [...this.#untold.entries().take(TELLING_MAX)]
    for (const [hostname] of batch) this.#untold.delete(hostname)
    return batch.map(([, records]) => records)
  }

  async #untilNews(signal: AbortSignal): Promise<void> {
    if (this.#untold.size > 0 || signal.aborted) return
    this.#wake = new AbortController()
    const either = AbortSignal.any([signal, this.#wake.signal])
    const { promise, resolve } = Promise.withResolvers<void>()
    either.addEventListener('abort', () => resolve(), { once: true })
    await promise
  }
}

const RECORDS_PER_HOSTNAME_MAX = 5

function bySeenAt(one: CertificateRecord, other: CertificateRecord): number {
  return one.seenAt - other.seenAt
}

function isHeld({ news }: CertificateRecord): boolean {
  return news.kind === 'issued' || news.kind === 'seen'
}

function isRejected(outcome: PromiseSettledResult<void>): outcome is PromiseRejectedResult {
  return outcome.status === 'rejected'
}

// What core says no to, however often it is asked.
function isFinal({ code }: AppError): boolean {
  return code === 'body_invalid' || code === 'hostname_invalid'
}

function newsOf(event: CaddyEvent): CertificateNews {
  switch (event.kind) {
    case 'order_begun':
      return { kind: 'issuing' }
    case 'issued':
      return { kind: 'issued' }
    case 'failed':
      return { kind: 'failed', error: event.error, nextAttemptAt: event.retryAt }
    default:
      return event satisfies never
  }
}
