import type { ToolName } from './tools.ts'

/** A figure that is judged, or that is worth reading first. */
export type Ratio = {
  readonly what: string
  readonly value: number
  /** Empty for a quotient. */
  readonly unit?: string
  /** What it has to show; absent: for orientation. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number }
}

/** A raw figure, once for each round. */
export type Figure = {
  readonly subject: string
  readonly what: string
  readonly unit: string
  readonly values: readonly number[]
}

/** What a comparison has found. */
export type Report =
  | {
      readonly kind: 'measured'
      readonly ratios: readonly Ratio[]
      readonly figures: readonly Figure[]
      /** What a reader has to know in order to judge the figures. */
      readonly notes: readonly string[]
    }
  | { readonly kind: 'not_available'; readonly reason: string }

/** The processors that a comparison may use: the subjects run on one, the load on another. */
export type Cores = { readonly server: number; readonly load: number }

/** What a comparison is given. */
export type BenchContext = {
  readonly rounds: number
  /** How long one measurement of one subject takes, about. */
  readonly seconds: number
  /** How many links there are; each comparison has its own default. */
  readonly links: number | undefined
  readonly cores: Cores
  /** An empty folder; the caller removes it. */
  readonly directory: string
  /** Tells what is going on meanwhile. */
  readonly say: (sentence: string) => void
}

/** One comparison of the suite. */
export type Comparison = {
  readonly name: string
  readonly title: string
  readonly needs: readonly ToolName[]
  readonly run: (context: BenchContext) => Promise<Report>
}

/** Tells whether a ratio shows what it has to; undefined: it has no target. */
export function meetsTarget({ value, target }: Ratio): boolean | undefined {
  if (target === undefined) return undefined
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}
