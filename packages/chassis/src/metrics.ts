import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client'
import { CountedHistogram } from './counted-histogram.ts'

export type { Counter, Gauge, Histogram } from 'prom-client'

/** The content type and text of a scrape, in Prometheus's text format. */
export type Scrape = { readonly contentType: string; readonly text: string }

/** How the values of several processes that do the same work become one. */
export type Across = 'sum' | 'min' | 'max'

/** All metrics of one process at one instant, in a form that can be sent to another process. */
export type MetricsSnapshot = readonly { readonly name: string; readonly type: unknown }[]

/** Makes one service's metrics; every name gets the prefix `fingerpost_`. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #counted: {
    readonly name: string
    readonly help: string
    readonly histogram: CountedHistogram<string>
  }[] = []

  /**
   * Adds what Node tells of the process: memory, event loop, garbage collection.
   *
   * @param labels tell the process from others whose metrics are merged with its own
   */
  collectProcessMetrics(labels: Readonly<Record<string, string>> = {}): void {
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX, labels })
  }

  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.#registry] })
  }

  /**
   * Adds a counter whose count is kept as a plain number, for what happens on every request.
   *
   * @param read called on each scrape; gives a number that never becomes smaller
   */
  countedTotal(name: string, help: string, read: () => number): void {
    const counter = new Counter({
      name: PREFIX + name,
      help,
      registers: [],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
    this.#registry.registerMetric(counter)
  }

  /** Adds a counter with one label whose counts are kept as plain numbers. */
  countedTotals(
    name: string,
    help: string,
    label: string,
    read: () => Iterable<readonly [value: string, total: number]>,
  ): void {
    const counter = new Counter<string>({
      name: PREFIX + name,
      help,
      labelNames: [label],
      registers: [],
      collect() {
        this.reset()
        for (const [value, total] of read()) this.inc({ [label]: value }, total)
      },
    })
    this.#registry.registerMetric(counter)
  }

  /**
   * @param collect called on each scrape, to set the value then
   * @param across how the values of several processes become one
   */
  gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect?: (gauge: Gauge<Label>) => void,
    across: Across = 'sum',
  ): Gauge<Label> {
    const base = {
      name: PREFIX + name,
      help,
      labelNames,
      aggregator: across,
      registers: [this.#registry],
    }
    if (collect === undefined) return new Gauge(base)
    return new Gauge({
      ...base,
      collect() {
        collect(this)
      },
    })
  }

  /** @param buckets upper bounds, in the unit that the name ends in */
  histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: readonly number[],
  ): Histogram<Label> {
    return new Histogram({
      name: PREFIX + name,
      help,
      labelNames,
      buckets: [...buckets],
      registers: [this.#registry],
    })
  }

  /**
   * Adds a histogram that costs a few nanoseconds for each value.
   *
   * @param buckets upper bounds, ascending, in the unit that the name ends in
   */
  countedHistogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
  ): CountedHistogram<Label> {
    const histogram = new CountedHistogram<Label>(buckets)
    this.#counted.push({ name: PREFIX + name, help, histogram })
    return histogram
  }

  /** Everything as it is now, to be merged with what other processes tell. */
  async snapshot(): Promise<MetricsSnapshot> {
    const registered = await this.#registry.getMetricsAsJSON()
    return [
      ...registered.map((metric) => ({
        ...metric,
        // Why: a value that is told apart by labels need not be left out of a merger.
        aggregator: metric.aggregator === 'omit' ? 'first' : metric.aggregator,
      })),
      ...this.#counted.map(({ name, help, histogram }) => ({
        name,
        help,
        type: 'histogram',
        aggregator: 'sum',
        values: histogram.valuesOf(name),
      })),
    ]
  }

  async scrape(): Promise<Scrape> {
    return scrapeOf([await this.snapshot()])
  }
}

/** Merges the metrics of several processes into one scrape. */
export async function scrapeOf(snapshots: readonly MetricsSnapshot[]): Promise<Scrape> {
  const merged = AggregatorRegistry.aggregate(snapshots.map((snapshot) => [...snapshot]))
  return { contentType: merged.contentType, text: await merged.metrics() }
}

/** Merges the metrics of several processes into those of one. */
export function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  return AggregatorRegistry.aggregate(
    snapshots.map((snapshot) => [...snapshot]),
  ).getMetricsAsArray()
}

/**
 * What of a process's metrics outlives it: its counters and histograms, but not
 * those of the process itself. A sum that lost them would seem to start again.
 */
export function lastingMetricsOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(
    ({ name, type }) =>
      (type === 'counter' || type === 'histogram') &&
      !PROCESS_PREFIXES.some((prefix) => name.startsWith(prefix)),
  )
}

const PREFIX = 'fingerpost_'

/** What `collectProcessMetrics` adds. */
const PROCESS_PREFIXES = [`${PREFIX}process_`, `${PREFIX}nodejs_`]
