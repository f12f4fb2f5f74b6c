import { parseArgs } from 'node:util'
import { ROW_NAMES, type RowName } from './row.ts'

/** What can be asked for on the command line. */
export type ChaosOptions = {
  readonly rows: readonly RowName[]
  readonly seed: number
  readonly isShort: boolean
}

/** How the command is called. */
export const USAGE = 'npm run chaos -- [<row>…] [--seed N] [--short]'

const SEED_MAX = 4_294_967_295

/**
 * Reads the command line.
 *
 * @param fallbackSeed what counts when none is given
 * @throws Error with a sentence for who called it
 */
export function readOptions(args: readonly string[], fallbackSeed: number): ChaosOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seed: { type: 'string' }, short: { type: 'boolean', default: false } },
  })
  return {
    rows: positionals.length === 0 ? ROW_NAMES : positionals.map(readRowName),
    seed: readSeed(values.seed ?? String(fallbackSeed)),
    isShort: values.short,
  }
}

function readRowName(text: string): RowName {
  const name = ROW_NAMES.find((one) => one === text.toUpperCase())
  if (name !== undefined) return name
  throw new Error(`There is no row "${text}"; want one of ${ROW_NAMES.join(', ')}.`)
}

function readSeed(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed <= SEED_MAX) return seed
  throw new Error(`--seed is "${text}"; want a whole number 0..${SEED_MAX}.`)
}
