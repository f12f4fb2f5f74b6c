// Fills the edge's own lookup through what it offers to everybody, and prints what a link takes.
// Runs with --expose-gc. Core's answers are made of fresh texts, as those read from the wire.
import type { LinkLookup as CoreAnswer, LinkTarget } from '@fingerpost/contract/core-api'
import { destinationOf, hostnameOf, slugOf } from '@fingerpost/contract/fake-rows'
import { readEdgeConfig } from '../../services/edge/src/config.ts'
import { CHANGE_MEMORY_BITS, lookupLimitsOf } from '../../services/edge/src/limits.ts'
import { ChangeMemory } from '../../services/edge/src/lookup/change-memory.ts'
import { LinkLookup } from '../../services/edge/src/lookup/link-lookup.ts'
import { destinationAt, idAt, plainLink, type LinkSet } from '../harness/links.ts'
import type { ProbedMemory } from './memory-probe-result.ts'

const BATCH = 200
const DAY_MS = '86400000'

const set: LinkSet = JSON.parse(process.argv[2] ?? '{}')
const config = readEdgeConfig({
  EDGE_L1_ENTRIES_MAX: String(2 * set.links),
  EDGE_L1_OCTETS_MAX: String(16_384 * 1_048_576),
  EDGE_L1_TTL_MS: DAY_MS,
  EDGE_STALE_MAX_MS: DAY_MS,
})
console.log('filling')
const lookup = newLookup()
const before = octetsInUse()
await fill()
const octets = octetsInUse() - before
const result: ProbedMemory = {
  kept: lookup.counts().link,
  octetsPerLink: octets / set.links,
  ownOctetsPerLink: octetsOfTexts((link) => [link.id, link.slug, link.destination]),
  hostnameOctetsPerLink: octetsOfTexts((link) => [link.hostname]),
}
console.log(JSON.stringify(result))

function newLookup(): LinkLookup {
  const nothing = (): void => undefined
  const lookup = new LinkLookup(lookupLimitsOf(config), {
    tier: {
      get: async (target) => ({
        kind: 'answered',
        tier: 'core',
        lookup: answerOf(target),
        ageMs: 0,
      }),
    },
    memory: new ChangeMemory(CHANGE_MEMORY_BITS),
    uptimeMs: () => performance.now(),
    events: {
      onHit: nothing,
      onMiss: nothing,
      onStale: nothing,
      onRefused: nothing,
      onOutdated: nothing,
      onShed: nothing,
    },
  })
  lookup.apply({ kind: 'heartbeat', sequence: 0, lineage: 'bench' })
  return lookup
}

async function fill(): Promise<void> {
  for (let index = 0; index < set.links;) {
    const waits: Promise<void>[] = []
    for (const end = Math.min(set.links, index + BATCH); index < end; index += 1) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const { hostname, slug } = freshTexts(index)
      lookup.find({ hostname: hostnameOf(hostname), slug: slugOf(slug) }, () => resolve())
      waits.push(promise)
    }
    await Promise.all(waits)
  }
}

function answerOf({ hostname, slug }: LinkTarget): CoreAnswer {
  return {
    sequence: 0,
    lineage: 'bench',
    domain: {
      id: fresh('dom_bench'),
      workspaceId: fresh('ws_bench'),
      hostname: hostnameOf(fresh(hostname)),
      status: 'active',
      rootUrl: undefined,
      notFoundUrl: undefined,
      redirectsTo: undefined,
      honoursPrivacySignals: true,
      version: 1,
    },
    link: {
      id: fresh(idAt(slug)),
      slug: slugOf(fresh(slug)),
      destination: destinationOf(fresh(destinationAt(slug))),
      redirectStatus: 302,
      expiresAt: undefined,
      isDisabled: false,
      version: 1,
    },
  }
}

type Texts = Readonly<Record<'id' | 'hostname' | 'slug' | 'destination', string>>

function freshTexts(index: number): Texts {
  const { hostname, path } = plainLink(index, set)
  const slug = fresh(path.slice(1))
  const destination = fresh(destinationAt(slug))
  return { id: fresh(idAt(slug)), hostname: fresh(hostname), slug, destination }
}

/** Measures what some texts of every link take when nothing else is kept of it. */
function octetsOfTexts(choose: (link: Texts) => readonly string[]): number {
  const count = choose(freshTexts(0)).length
  const kept: string[] = Array.from({ length: count * set.links }, () => '')
  const before = octetsInUse()
  for (let index = 0; index < set.links; index += 1) {
    const texts = choose(freshTexts(index))
    for (let at = 0; at < count; at += 1) kept[index * count + at] = texts[at] ?? ''
  }
  const octets = octetsInUse() - before
  // Why asked of it: the list has to live until here.
  return kept.length === 0 ? 0 : octets / set.links
}

// Why by a buffer: texts that were put together stay in pieces, those read from the wire do not.
function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

function octetsInUse(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
