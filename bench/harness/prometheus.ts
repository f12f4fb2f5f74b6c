const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)/
const TIMEOUT_MS = 5_000

type Sample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** All metrics of a process at one instant. */
export class Scrape {
  readonly #samples: readonly Sample[]

  constructor(text: string) {
    this.#samples = text.split('\n').flatMap((line) => parseSample(line) ?? [])
  }

  /** Tells whether there is a metric of this name, or a histogram. */
  has(name: string): boolean {
    return this.#samples.some((sample) => sample.name === name || sample.name === `${name}_count`)
  }

  /** Adds up the series of a metric that have these labels. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#matching(name, labels).reduce((sum, { value }) => sum + value, 0)
  }

  /** Gives how many observations of a histogram were at most `le`, by `le`, ascending. */
  buckets(
    name: string,
    labels: Readonly<Record<string, string>>,
  ): readonly { readonly le: number; readonly count: number }[] {
    const counts = new Map<number, number>()
    for (const sample of this.#matching(`${name}_bucket`, labels)) {
      const text = sample.labels['le'] ?? ''
      const le = text === '+Inf' ? Infinity : Number(text)
      counts.set(le, (counts.get(le) ?? 0) + sample.value)
    }
    return [...counts]
      .map(([le, count]) => ({ le, count }))
      .toSorted((one, other) => one.le - other.le)
  }

  #matching(name: string, labels: Readonly<Record<string, string>>): readonly Sample[] {
    const wanted = Object.entries(labels)
    return this.#samples.filter(
      (sample) =>
        sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
    )
  }
}

/** Reads the metrics of a process of ours. */
export async function scrape(opsPort: number): Promise<Scrape> {
  const answer = await fetch(`http://127.0.0.1:${opsPort}/metrics`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  return new Scrape(await answer.text())
}

/**
 * Estimates a quantile of what a histogram observed between two scrapes, as Prometheus does: as if
 * the observations in a bucket were spread evenly over it. NaN: nothing was observed.
 */
export function quantileBetween(
  before: Scrape,
  after: Scrape,
  histogram: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly quantile: number
  },
): number {
  const { name, labels, quantile } = histogram
  const earlier = new Map(before.buckets(name, labels).map(({ le, count }) => [le, count]))
  const buckets = after
    .buckets(name, labels)
    .map(({ le, count }) => ({ le, count: count - (earlier.get(le) ?? 0) }))
  const rank = quantile * (buckets.at(-1)?.count ?? 0)
  const index = buckets.findIndex(({ count }) => count > 0 && count >= rank)
  const bucket = buckets[index]
  if (bucket === undefined) return NaN
  const below = buckets[index - 1] ?? { le: 0, count: 0 }
  if (bucket.le === Infinity) return below.le
  const share = (rank - below.count) / (bucket.count - below.count)
  return below.le + share * (bucket.le - below.le)
}

function parseSample(line: string): Sample | undefined {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? []
  if (name === undefined) return undefined
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)]
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
    value: Number(value),
  }
}
