import { seededRandom } from '../../harness/statistics.ts'

/** Which names to make; the same ones for the same seed. */
export type UnknownNames = {
  readonly seed: number
  readonly count: number
  /** A quarter of the names is right below it, a quarter deeper. */
  readonly provedHostname: string
}

const LABEL_LENGTH = 12

/** Makes names that nobody has: random ones, and some below a name that is proved. */
export function unknownNames({ seed, count, provedHostname }: UnknownNames): readonly string[] {
  const random = seededRandom(seed)
  const labels = (depth: number): string =>
    Array.from({ length: depth }, () => randomLabel(random)).join('.')
  const makers: readonly (() => string)[] = [
    () => `${labels(2)}.test`,
    () => `${labels(1)}.${provedHostname}`,
    () => `${labels(3)}.${provedHostname}`,
    () => `${labels(4)}.example`,
  ]
  return Array.from({ length: count }, (_, index) => makers[index % makers.length]?.() ?? '')
}

function randomLabel(random: () => number): string {
  const letter = (): string => Math.floor(random() * 26 + 10).toString(36)
  return Array.from({ length: LABEL_LENGTH }, letter).join('')
}
