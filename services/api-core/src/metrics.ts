import { Metrics, type Counter, type Histogram } from '@fingerpost/chassis/metrics'
import type { ChangeFeed } from './events/change-feed.ts'

/** What is counted of edges. */
export type EdgeCounts = {
  readonly edges: { readonly connected: number }
  readonly waits: { readonly count: number }
}

/** All metrics of api-core. */
export type CoreMetrics = {
  readonly registry: Metrics
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>
  readonly grpcSeconds: Histogram<'call' | 'outcome'>
  readonly housekeepingFailures: Counter<never>
  readonly unqueuedNotices: Counter<'channel'>
  /** Adds the gauges that are read from the edges on each scrape. */
  readonly watchEdges: (state: EdgeCounts) => void
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Makes the metrics; the stream's own are read from `feed` on each scrape. */
export function createCoreMetrics(feed: ChangeFeed): CoreMetrics {
  const registry = new Metrics()
  registry.collectProcessMetrics()
  registry.gauge('core_change_sequence', 'Sequence of the last change known here.', [], (gauge) =>
    gauge.set(feed.latest),
  )
  registry.gauge('core_change_watchers', 'Change streams that wait for news.', [], (gauge) =>
    gauge.set(feed.waiters),
  )
  return {
    registry,
    requestSeconds: registry.histogram(
      'core_http_request_duration_seconds',
      'Time to answer a request of the HTTP API.',
      ['method', 'route', 'status'],
      SECONDS,
    ),
    grpcSeconds: registry.histogram(
      'core_grpc_call_duration_seconds',
      'Time to answer a call of another service.',
      ['call', 'outcome'],
      SECONDS,
    ),
    housekeepingFailures: registry.counter(
      'core_housekeeping_failures_total',
      'Runs of the background work that failed.',
      [],
    ),
    unqueuedNotices: registry.counter(
      'core_notices_unqueued_total',
      'Notices that found the queue of a receiver full and are not sent to it.',
      ['channel'],
    ),
    watchEdges({ edges, waits }) {
      registry.gauge('core_edges', 'Edges whose change streams are open here.', [], (gauge) =>
        gauge.set(edges.connected),
      )
      registry.gauge('core_edge_waits', 'Writes that wait for edges.', [], (gauge) =>
        gauge.set(waits.count),
      )
    },
  }
}
