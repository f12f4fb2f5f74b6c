import { parseArgs } from 'node:util'

/** What can be asked for on the command line. */
export type BenchOptions = {
  /** Empty: all. */
  readonly names: readonly string[]
  readonly rounds: number
  readonly seconds: number
  readonly links: number | undefined
  readonly jsonFile: string | undefined
}

/** How the command is called. */
export const USAGE =
  'npm run bench -- [<comparison>…] [--rounds N] [--seconds S] [--links N] [--json <file>]'

/**
 * Reads the command line.
 *
 * @throws Error with a sentence for who called it
 */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      links: { type: 'string' },
      json: { type: 'string' },
    },
  })
  return {
    names: positionals,
    rounds: wholeNumber('--rounds', values.rounds, 100),
    seconds: wholeNumber('--seconds', values.seconds, 300),
    links: values.links === undefined ? undefined : wholeNumber('--links', values.links, 2_000_000),
    jsonFile: values.json,
  }
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value
  throw new Error(`${option} is "${text}"; want a whole number 1..${max}.`)
}
