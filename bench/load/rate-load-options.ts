import type { Latencies } from '../harness/statistics.ts'

/** What the load at a fixed rate is told; the requests stand in a file, as JSON. */
export type RateLoadOptions = {
  readonly port: number
  /** A list of `RateRequest`, sent in a circle. */
  readonly requestsFile: string
  readonly ratePerS: number
  readonly seconds: number
  readonly connectionsMax: number
  /** The status that counts as an answer. */
  readonly status: number
}

/** One request, with the name under which its time is counted. */
export type RateRequest = { readonly group: string; readonly text: string }

/** What it saw; durations in milliseconds. */
export type RateLoadResult = {
  readonly answered: number
  /** Requests without a whole answer, and those with another status. */
  readonly failed: number
  /** Redirects by the tenth of a second, counted from `startedAt`, in which they came. */
  readonly redirectsByTenth: readonly number[]
  readonly startedAt: number
  readonly groups: Readonly<Record<string, Latencies>>
  /** How late the load itself was with sending. */
  readonly late: Latencies
}
