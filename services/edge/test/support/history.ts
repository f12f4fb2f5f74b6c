import type { LinkLookup, Sequence } from '@fingerpost/contract/core-api'
import type { Found } from '../../src/lookup/link-lookup.ts'

type State = { readonly sequence: Sequence; readonly domain: string; readonly link: string }

/** One answer, with what the edge had applied and core had made when it was given. */
export type Delivery = {
  readonly target: string
  readonly found: Found
  readonly applied: Sequence
  readonly head: Sequence
}

/** All that was ever true of each target, to hold answers against. */
export class History {
  readonly #states = new Map<string, State[]>()

  note(target: string, lookup: LinkLookup): void {
    const states = this.#states.get(target) ?? []
    this.#states.set(target, states)
    states.push({ sequence: lookup.sequence, ...describe(lookup) })
  }

  /**
   * Says what is wrong with an answer, or gives undefined. Domain and link may
   * have been read apart, but each must be true of an instant that is not before
   * the last change applied.
   */
  complaintAbout({ target, found, applied, head }: Delivery): string | undefined {
    if (found.kind === 'cannot_tell') return undefined
    const said = describe(found)
    const valid = this.#statesBetween(target, applied, head)
    const sentence = `${target} from ${found.tier} with ${applied} applied of ${head}: `
    if (!valid.some(({ domain }) => domain === said.domain)) {
      return `${sentence}domain ${said.domain}, wanted ${valid.map(({ domain }) => domain).join()}`
    }
    if (found.domain === undefined || valid.some(({ link }) => link === said.link)) return undefined
    return `${sentence}link ${said.link}, wanted ${valid.map(({ link }) => link).join()}`
  }

  #statesBetween(target: string, from: Sequence, to: Sequence): State[] {
    const states = this.#states.get(target) ?? []
    return states.filter(({ sequence }, index) => {
      const next = states[index + 1]
      return sequence <= to && (next === undefined || next.sequence > from)
    })
  }
}

function describe(known: Pick<LinkLookup, 'domain' | 'link'>): { domain: string; link: string } {
  const { domain, link } = known
  const name = domain === undefined ? 'none' : `${domain.id}/${domain.version}`
  return { domain: name, link: `${domain?.id}:${link?.id}/${link?.version}` }
}
