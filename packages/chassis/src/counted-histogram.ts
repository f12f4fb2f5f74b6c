/** One value of a scrape. */
export type MetricValue = {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/**
 * A histogram that is counted in place and put into Prometheus's form only when
 * a scrape comes, for what is observed on every request.
 */
export class CountedHistogram<Label extends string> {
  readonly #bounds: readonly number[]
  readonly #series: { readonly labels: Record<Label, string>; readonly counts: CountedSeries }[] =
    []

  /** @param bounds upper bounds of the buckets, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
  }

  /** Adds the series with these labels, once for each. It is scraped from its first observation. */
  addSeries(labels: Record<Label, string>): CountedSeries {
    const counts = new CountedSeries(this.#bounds)
    this.#series.push({ labels, counts })
    return counts
  }

  /** All values of the series that were observed, buckets cumulated. */
  valuesOf(name: string): readonly MetricValue[] {
    return this.#series
      .filter(({ counts }) => counts.count > 0)
      .flatMap(({ labels, counts }) => [
        ...counts.buckets().map(({ le, count }) => ({
          metricName: `${name}_bucket`,
          labels: { le, ...labels },
          value: count,
        })),
        { metricName: `${name}_sum`, labels, value: counts.sum },
        { metricName: `${name}_count`, labels, value: counts.count },
      ])
  }
}

/** The series of a histogram that has one set of labels. */
export class CountedSeries {
  /** The bounds, and infinity behind them, so that every search ends. */
  readonly #bounds: Float64Array
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.of(...bounds, Infinity)
    this.#counts = new Float64Array(this.#bounds.length)
  }

  /** Counts one value, which is a number. */
  observe(value: number): void {
    const bounds = this.#bounds
    let index = 0
    // Why from below: what is frequent enough to matter is fast, and ends in the first buckets.
    while (value > (bounds[index] ?? Infinity)) index += 1
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sum += value
  }

  get sum(): number {
    return this.#sum
  }

  get count(): number {
    return this.#counts.reduce((count, inBucket) => count + inBucket, 0)
  }

  /** How many values are not above each bound. */
  buckets(): readonly { readonly le: number | '+Inf'; readonly count: number }[] {
    let count = 0
    return [...this.#bounds].map((bound, index) => {
      count += this.#counts[index] ?? 0
      return { le: bound === Infinity ? '+Inf' : bound, count }
    })
  }
}
