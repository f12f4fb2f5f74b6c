import type { LinkLookup, Lineage, Sequence } from '@fingerpost/contract/core-api'
import type { Found } from '../../src/lookup/link-lookup.ts'

type State = { readonly domain: string; readonly link: string; readonly sinceTick: number }

/**
 * All that was ever true of each target, and when core was at which place of which history. Time
 * is counted in ticks, one for everything that happens in core: sequences begin again when a
 * database is restored, ticks do not.
 */
export class Ticks {
  readonly #states = new Map<string, State[]>()
  readonly #begins = new Map<Lineage, number>()
  readonly #places = new Map<string, number>()
  #tick = 0

  /** Notes that core is at a place now, with what is true there. */
  note(lookups: ReadonlyMap<string, LinkLookup>): void {
    this.#tick += 1
    for (const [target, lookup] of lookups) {
      const { lineage, sequence } = lookup
      // Why one less: it may have begun at any time since what was noted last.
      if (!this.#begins.has(lineage)) this.#begins.set(lineage, this.#tick - 1)
      const place = `${lineage} ${sequence}`
      if (!this.#places.has(place)) this.#places.set(place, this.#tick)
      const states = this.#states.get(target) ?? []
      this.#states.set(target, [...states, { ...describe(lookup), sinceTick: this.#tick }])
    }
  }

  /** Gives when core was first at a place; what a history took over counts from its beginning. */
  at(lineage: Lineage | undefined, sequence: Sequence): number {
    if (lineage === undefined) return 0
    if (!this.#begins.has(lineage)) this.#begins.set(lineage, this.#tick)
    return this.#places.get(`${lineage} ${sequence}`) ?? this.#begins.get(lineage) ?? 0
  }

  /** Says what is wrong with an answer that must be true of an instant at `tick` or later. */
  complaintAbout(target: string, found: Found, tick: number): string | undefined {
    if (found.kind === 'cannot_tell') return undefined
    const said = describe(found)
    const states = this.#states.get(target) ?? []
    const valid = states.filter(
      (_state, index) => (states[index + 1]?.sinceTick ?? Infinity) > tick,
    )
    const wanted = valid.map(({ domain, link }) => `${domain} ${link}`).join(', ')
    const sentence = `${target} from ${found.tier} at tick ${tick} of ${this.#tick}: `
    if (!valid.some(({ domain }) => domain === said.domain)) {
      return `${sentence}domain ${said.domain}, wanted ${wanted}`
    }
    if (found.domain === undefined || valid.some(({ link }) => link === said.link)) return undefined
    return `${sentence}link ${said.link}, wanted ${wanted}`
  }
}

function describe({ domain, link }: Pick<LinkLookup, 'domain' | 'link'>) {
  const name = domain === undefined ? 'none' : `${domain.id}/${domain.version}`
  return { domain: name, link: `${domain?.id}:${link?.id}/${link?.version}` }
}
