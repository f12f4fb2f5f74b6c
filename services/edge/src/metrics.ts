import type { CountedSeries } from '@fingerpost/chassis/counted-histogram'
import { Metrics } from '@fingerpost/chassis/metrics'
import { CORE_LOOKUP_OUTCOMES, type CoreLookupOutcome } from './lookup/core-tier.ts'
import type { CacheCounts } from './lookup/link-cache.ts'
import type { LookupEvents, StaleUse } from './lookup/link-lookup.ts'
import type { TierName } from './lookup/tier.ts'
import type { PageName } from './pages.ts'
import { SHED_REASONS } from './rules/load.ts'

/** What is read of the snapshot when a scrape comes. */
export type SnapshotState = { readonly ageMs: number; readonly linkCount: number }

/** How a request was answered. */
export type RequestOutcome =
  'redirect' | 'fallback_redirect' | 'alternate_redirect' | 'probe' | PageName

/** The tier that an answer came from; `none`: it needed no lookup, or nobody could tell. */
export type AnswerTier = TierName | 'none'

/** What is read when a scrape comes. */
export type LookupState = {
  readonly sequence: number
  readonly isConnected: boolean
  counts(): CacheCounts
  /** Octets that the entries take, about, by kind. */
  octets?(): Readonly<Record<string, number>>
}

/** What is read of L2 when a scrape comes: how often each outcome came about. */
export type L2State = {
  lookups(): Iterable<readonly [outcome: string, count: number]>
  writes(): Iterable<readonly [outcome: string, count: number]>
}

/** What is read of the counting of clicks when a scrape comes. */
export type ClickState = {
  /** Clicks counted so far by kind of visitor. */
  counted(): Iterable<readonly [visitor: string, clicks: number]>
  /** Clicks given up so far by reason. */
  dropped(): Iterable<readonly [reason: string, clicks: number]>
  /** Batches that core does not have yet. */
  batchesWaiting(): number
}

// Why these: the promise is half a millisecond at the median, and a lookup that
// has to wait for core is bounded by its deadline.
const BUCKETS_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
]

// Why up to 10 s: beyond it the stream counts as dead.
const LAG_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** All metrics of the edge. */
export class EdgeMetrics {
  readonly all = new Metrics()

  readonly #requests = this.all.countedHistogram<'tier' | 'outcome'>(
    'edge_request_duration_seconds',
    'Own time of a request: from its head being read to its answer being handed to the socket',
    BUCKETS_S,
  )
  readonly #requestSeries = new Map<AnswerTier, Map<RequestOutcome, CountedSeries>>()
  #hits = 0
  #misses = 0
  readonly #stale = this.all.counter<'reason'>(
    'edge_l1_stale_total',
    'Answers from an entry past its lifetime, by reason',
    ['reason'],
  )
  readonly #coreLookups = this.all.counter<'outcome'>(
    'edge_core_lookups_total',
    'Lookups in api-core, by outcome',
    ['outcome'],
  )
  readonly #refused = this.all.counter(
    'edge_lookups_refused_total',
    'Lookups refused because too many were under way',
    [],
  )
  readonly #outdated = this.all.counter(
    'edge_lookups_outdated_total',
    'Answers thrown away because a change applied meanwhile was newer',
    [],
  )
  readonly #shed = this.all.counter<'reason'>(
    'edge_shed_total',
    'Requests that were to wait for a tier below L1, and were not let wait, by reason',
    ['reason'],
  )
  readonly #changeLag = this.all.histogram(
    'edge_change_lag_seconds',
    'From the commit of a change to its being applied here; not of changes that were missed',
    [],
    LAG_BUCKETS_S,
  )
  readonly #droppedConnections = this.all.counter(
    'edge_connections_dropped_total',
    'Connections refused because too many were open',
    [],
  )

  /** What the lookup reports. */
  readonly lookupEvents: LookupEvents = {
    onHit: () => {
      this.#hits += 1
    },
    onMiss: () => {
      this.#misses += 1
    },
    onStale: (use) => this.#stale.inc({ reason: STALE_REASONS[use] }),
    onRefused: () => this.#refused.inc(),
    onOutdated: () => this.#outdated.inc(),
    onShed: (reason) => this.#shed.inc({ reason }),
  }

  constructor() {
    this.all.countedTotal(
      'edge_l1_hits_total',
      'Lookups answered by a fresh entry',
      () => this.#hits,
    )
    this.all.countedTotal(
      'edge_l1_misses_total',
      'Lookups that had to wait for a tier below L1',
      () => this.#misses,
    )
    // Why: a rate can only be told of a series that was there before its first event.
    for (const outcome of CORE_LOOKUP_OUTCOMES) this.#coreLookups.inc({ outcome }, 0)
    for (const reason of Object.values(STALE_REASONS)) this.#stale.inc({ reason }, 0)
    for (const reason of SHED_REASONS) this.#shed.inc({ reason }, 0)
  }

  observeRequest(tier: AnswerTier, outcome: RequestOutcome, durationMs: number): void {
    const series =
      this.#requestSeries.get(tier)?.get(outcome) ?? this.#addRequestSeries(tier, outcome)
    series.observe(durationMs / 1000)
  }

  countCoreLookup(outcome: CoreLookupOutcome): void {
    this.#coreLookups.inc({ outcome })
  }

  observeChangeLag(durationMs: number): void {
    this.#changeLag.observe(durationMs / 1000)
  }

  countDroppedConnection(): void {
    this.#droppedConnections.inc()
  }

  /** Adds the gauges that are read from the snapshot on each scrape. */
  watchSnapshot(snapshot: SnapshotState): void {
    this.all.gauge(
      'edge_snapshot_age_seconds',
      'Since the snapshot was last written or found to be current; without one, since the start',
      [],
      (gauge) => gauge.set(snapshot.ageMs / 1000),
      'min',
    )
    this.all.gauge(
      'edge_snapshot_links',
      'Links in the snapshot',
      [],
      (gauge) => gauge.set(snapshot.linkCount),
      'max',
    )
  }

  /** Adds the gauge of what core was told to be applied. */
  watchAcknowledger(acknowledger: { readonly acknowledged: number }): void {
    this.all.gauge(
      'edge_acknowledged_sequence',
      'Last change that core was told to be applied',
      [],
      (gauge) => gauge.set(acknowledger.acknowledged),
      'min',
    )
  }

  /** Adds the gauges that are read from the lookup on each scrape. */
  watchLookup(lookup: LookupState): void {
    this.all.gauge<'kind'>('edge_l1_entries', 'Entries in L1, by kind', ['kind'], (gauge) => {
      for (const [kind, count] of Object.entries(lookup.counts())) gauge.set({ kind }, count)
    })
    this.all.gauge<'kind'>(
      'edge_l1_octets',
      'Octets that entries in L1 take, about, by kind',
      ['kind'],
      (gauge) => {
        for (const [kind, octets] of Object.entries(lookup.octets?.() ?? {})) {
          gauge.set({ kind }, octets)
        }
      },
    )
    this.all.gauge(
      'edge_change_sequence',
      'Last change applied',
      [],
      (gauge) => gauge.set(lookup.sequence),
      'min',
    )
    this.all.gauge(
      'edge_change_stream_connected',
      '1 while all changes up to now are known to be applied, else 0',
      [],
      (gauge) => gauge.set(lookup.isConnected ? 1 : 0),
      'min',
    )
  }

  /** Adds what is read from L2 on each scrape. */
  watchL2(state: L2State): void {
    this.all.countedTotals('edge_l2_lookups_total', 'Lookups in L2, by outcome', 'outcome', () =>
      state.lookups(),
    )
    this.all.countedTotals(
      'edge_l2_writes_total',
      'Entries to be written to L2, by outcome',
      'outcome',
      () => state.writes(),
    )
  }

  /** Adds what is read from the counting of clicks on each scrape. */
  watchClicks(clicks: ClickState): void {
    this.all.countedTotals(
      'edge_clicks_counted_total',
      'Clicks counted, by kind of visitor',
      'visitor',
      () => clicks.counted(),
    )
    this.all.countedTotals(
      'edge_clicks_dropped_total',
      'Clicks given up, by reason',
      'reason',
      () => clicks.dropped(),
    )
    this.all.gauge(
      'edge_click_batches_waiting',
      'Batches of clicks that core does not have yet',
      [],
      (gauge) => gauge.set(clicks.batchesWaiting()),
    )
  }

  #addRequestSeries(tier: AnswerTier, outcome: RequestOutcome): CountedSeries {
    const series = this.#requests.addSeries({ tier, outcome })
    const ofTier = this.#requestSeries.get(tier) ?? new Map<RequestOutcome, CountedSeries>()
    this.#requestSeries.set(tier, ofTier.set(outcome, series))
    return series
  }
}

const STALE_REASONS: Readonly<Record<StaleUse, string>> = {
  stale: 'revalidating',
  stale_if_error: 'core_failed',
}
