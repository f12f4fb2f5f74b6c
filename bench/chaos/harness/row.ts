import type { SkipReason } from './tools.ts'

/** The rows of the scorecard that can be run here. */
export const ROW_NAMES = [
  'S1',
  'S2',
  'S3',
  'S4',
  'S5',
  'S6',
  'S7',
  'S8',
  'S9',
  'S10',
  'S11',
  'S12',
  'S13',
  'S14',
  'S15',
  'S16',
  'S17',
  'S18',
  'S20',
  'S21',
  'S22',
  'S24',
] as const

/** One of `ROW_NAMES`. */
export type RowName = (typeof ROW_NAMES)[number]

/** What a row adds to its line besides its figure. */
export type Facts = Readonly<Record<string, unknown>>

/** What a row has found. */
export type Finding =
  | {
      readonly kind: 'measured'
      readonly figure: number
      readonly unit: string
      readonly pass: boolean
      readonly facts: Facts
    }
  | SkipReason

/** What a row is given. */
export type RowContext = {
  readonly seed: number
  /** Random numbers from 0 to below 1, the same ones for the same seed. */
  readonly random: () => number
  readonly isShort: boolean
  /** An empty folder; the caller removes it. */
  readonly directory: string
  /** Tells what is going on meanwhile. */
  readonly say: (sentence: string) => void
}

/** One row of the scorecard. */
export type Row = {
  readonly name: RowName
  readonly title: string
  /** What has to be shown, in words. */
  readonly goal: string
  readonly run: (context: RowContext) => Promise<Finding>
}
