/** Gives the value in the middle; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN
  return (lower + upper) / 2
}

/**
 * Gives the smallest value that at least the share `quantile` of all values does not exceed.
 *
 * @param sorted ascending
 * @param quantile 0 to 1
 */
export function quantileOf(sorted: ArrayLike<number>, quantile: number): number {
  const rank = Math.max(1, Math.ceil(quantile * sorted.length))
  return sorted[rank - 1] ?? NaN
}

/** What is told of many durations. */
export type Latencies = {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** Sums up durations; the unit stays. */
export function latenciesOf(durations: readonly number[]): Latencies {
  const sorted = Float64Array.from(durations).toSorted()
  return {
    count: sorted.length,
    p50: quantileOf(sorted, 0.5),
    p95: quantileOf(sorted, 0.95),
    p99: quantileOf(sorted, 0.99),
    max: quantileOf(sorted, 1),
  }
}

/** Gives random numbers from 0 to below 1, always the same ones for a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Draws numbers below `size` by Zipf's law: the number n is drawn in proportion to 1 / (n + 1).
 */
export function zipfDraws(options: {
  readonly size: number
  readonly draws: number
  readonly seed: number
}): readonly number[] {
  const random = seededRandom(options.seed)
  const cumulated = new Float64Array(options.size)
  let total = 0
  for (let rank = 0; rank < options.size; rank += 1) {
    total += 1 / (rank + 1)
    cumulated[rank] = total
  }
  return Array.from({ length: options.draws }, () => firstAbove(cumulated, random() * total))
}

function firstAbove(ascending: Float64Array, value: number): number {
  let low = 0
  let high = ascending.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
