import type { DnsAnswer, DnsType } from '../rules/dns-answer.ts'
import {
  cnameMistakes,
  hintOfMisplacedCname,
  hintOfMisplacedTxt,
  hintOfWrongRouting,
  hintOfWrongTxt,
  txtMistakes,
  type FoundElsewhere,
  type HintFacts,
  type MisplacedRecord,
} from '../rules/dns-hints.ts'
import type { OwnershipObservation } from '../rules/ownership-observation.ts'
import type { RoutingObservation } from '../rules/routing-observation.ts'

/** What is probably wrong with each record; undefined: nothing that is recognised. */
export type Hints = {
  readonly ownership: string | undefined
  readonly routing: string | undefined
}

/**
 * Finds what is probably wrong with the records of a domain. Asks only when a
 * record is missing, at no more names than `txtMistakes` and `cnameMistakes` give.
 */
export async function findHints(
  seen: { readonly ownership: OwnershipObservation; readonly routing: RoutingObservation },
  facts: HintFacts,
  options: {
    /** Undefined: nobody is asked. */
    readonly ask: ((name: string, type: DnsType) => Promise<DnsAnswer>) | undefined
    readonly own: ReadonlySet<string>
    readonly asksForTxt: boolean
  },
): Promise<Hints> {
  const { ask, own, asksForTxt } = options
  const { ownership, routing } = seen
  const isTxtMissing = asksForTxt && ownership.kind === 'missing'
  const [txtElsewhere, cnameElsewhere] = await Promise.all([
    lookAt(isTxtMissing ? txtMistakes(facts) : [], ask),
    lookAt(routing.kind === 'missing' ? cnameMistakes(facts) : [], ask),
  ])
  return {
    ownership:
      ownership.kind === 'wrong'
        ? hintOfWrongTxt(facts, ownership.found)
        : hintOfMisplacedTxt(facts, txtElsewhere),
    routing:
      routing.kind === 'points_elsewhere' || routing.kind === 'points_partly'
        ? hintOfWrongRouting(facts, routing.found, own)
        : hintOfMisplacedCname(facts, cnameElsewhere),
  }
}

async function lookAt(
  records: readonly MisplacedRecord[],
  ask: ((name: string, type: DnsType) => Promise<DnsAnswer>) | undefined,
): Promise<readonly FoundElsewhere[]> {
  if (ask === undefined) return []
  return Promise.all(
    records.map(async (record) => {
      const answer = await ask(record.name, record.type)
      return { ...record, values: answer.kind === 'found' ? answer.values : [] }
    }),
  )
}
