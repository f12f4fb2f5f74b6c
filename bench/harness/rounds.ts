import type { Figure } from './report.ts'
import { median } from './statistics.ts'

/** What one look at one subject gave: figures by name. */
export type Measurement = Readonly<Record<string, number>>

/** Something that is measured again and again, under the same conditions as the others. */
export type Subject = {
  readonly name: string
  readonly measure: () => Promise<Measurement>
}

/** The measurements of all subjects, one for each round. */
export class Samples {
  readonly #bySubject: ReadonlyMap<string, readonly Measurement[]>

  constructor(bySubject: ReadonlyMap<string, readonly Measurement[]>) {
    this.#bySubject = bySubject
  }

  values(subject: string, what: string): readonly number[] {
    const measurements = this.#bySubject.get(subject) ?? []
    return measurements.flatMap((one) => one[what] ?? [])
  }

  median(subject: string, what: string): number {
    return median(this.values(subject, what))
  }

  /** The median of one subject divided by that of another. */
  ratio(subject: string, other: string, what: string): number {
    return this.median(subject, what) / this.median(other, what)
  }

  /**
   * Gives all figures for the table, with their units by name.
   *
   * @param units what is not named here is left out
   */
  figures(units: Readonly<Record<string, string>>): readonly Figure[] {
    return [...this.#bySubject.keys()].flatMap((subject) =>
      Object.entries(units).flatMap(([what, unit]) => {
        const values = this.values(subject, what)
        return values.length === 0 ? [] : [{ subject, what, unit, values }]
      }),
    )
  }
}

/**
 * Measures every subject once in each round, one after the other.
 *
 * Why interleaved: a machine gets slower and faster in the course of minutes, and that must not
 * count for one subject and against another. Every other round runs backwards, so that none
 * always follows the same one.
 */
export async function interleave(
  subjects: readonly Subject[],
  rounds: number,
  say: (sentence: string) => void,
): Promise<Samples> {
  const bySubject = new Map<string, Measurement[]>(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      say(`round ${round + 1} of ${rounds}: ${subject.name}`)
      bySubject.get(subject.name)?.push(await subject.measure())
    }
  }
  return new Samples(bySubject)
}
