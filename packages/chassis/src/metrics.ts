import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export type { Counter, Gauge, Histogram } from 'prom-client'

/** Makes one service's metrics; every name gets the prefix `fingerpost_`. */
export class Metrics {
  readonly #registry = new Registry()

  /** Adds what Node tells of the process: memory, event loop, garbage collection. */
  collectProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX })
  }

  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.#registry] })
  }

  /** @param collect called on each scrape, to set the value then */
  gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label> {
    const base = { name: PREFIX + name, help, labelNames, registers: [this.#registry] }
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

  /** The content type and text of a scrape, in Prometheus's text format. */
  async scrape(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }
}

const PREFIX = 'fingerpost_'
