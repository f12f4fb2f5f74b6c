import { range, startBenchEdge, warm, type BenchEdge } from './harness/edge.ts'
import type { LinkSet } from './harness/links.ts'
import { residentOctetsOf, runNode } from './harness/processes.ts'
import type { BenchContext, Comparison, Report } from './harness/report.ts'
import { startMapCore } from './harness/start-map-core.ts'
import { askBySignal } from './harness/ask-by-signal.ts'
import type { ProbedMemory } from './subjects/memory-probe-result.ts'

const HOSTNAMES = 1_000
const PROBE_MS_MAX = 600_000
// Why fewer: each has to be looked up through HTTP and gRPC first.
const EDGE_SHARE = 10
const L1_OCTETS_MAX = String(16_384 * 1_048_576)

/** What a link in memory takes. */
export const MEMORY: Comparison = {
  name: 'memory',
  title: 'memory of a warm link, heap after forced garbage collection',
  needs: ['taskset'],
  run: measureMemory,
}

async function measureMemory(context: BenchContext): Promise<Report> {
  const set: LinkSet = { links: context.links ?? 1_000_000, hostnames: HOSTNAMES }
  context.say(`filling the edge's own lookup with ${set.links} links`)
  const probed = await probe(set)
  const ofEdge = { ...set, links: Math.ceil(set.links / EDGE_SHARE) }
  context.say(`looking up ${ofEdge.links} links in a real edge`)
  const edge = await measureEdge(ofEdge, context)
  const { octetsPerLink, ownOctetsPerLink, hostnameOctetsPerLink } = probed
  const beyond = octetsPerLink - ownOctetsPerLink - hostnameOctetsPerLink
  const unit = 'octets'
  return {
    kind: 'measured',
    ratios: [
      {
        what: `L1 at ${probed.kept} links: per link beyond hostname, slug, destination and id`,
        value: beyond,
        unit,
        target: { atMost: 400 },
      },
      {
        what: 'the same, beyond slug, destination and id: links share the text of their hostname',
        value: beyond + hostnameOctetsPerLink,
        unit,
      },
      { what: `heap of a real edge at ${ofEdge.links} links, per link`, value: edge.heap, unit },
      {
        what: `resident memory of a real edge at ${ofEdge.links} links, per link`,
        value: edge.resident,
        unit,
      },
    ],
    figures: [
      { subject: 'L1', what: 'per link, all of it', unit, values: [octetsPerLink] },
      {
        subject: 'texts alone',
        what: 'id, slug and destination',
        unit,
        values: [ownOctetsPerLink],
      },
      { subject: 'texts alone', what: 'hostname', unit, values: [hostnameOctetsPerLink] },
      { subject: 'edge', what: 'resident before', unit, values: [edge.residentBefore] },
      { subject: 'edge', what: 'resident after', unit, values: [edge.residentAfter] },
    ],
    notes: [
      'L1 is filled in a process of its own; the real edge holds prepared answers and its texts beside that.',
    ],
  }
}

async function probe(set: LinkSet): Promise<ProbedMemory> {
  const result = await runNode(
    {
      name: 'memory-probe',
      script: 'bench/subjects/memory-probe.ts',
      nodeArgs: ['--expose-gc', '--max-old-space-size=8192'],
      options: set,
      core: undefined,
    },
    PROBE_MS_MAX,
  )
  return result as unknown as ProbedMemory
}

async function measureEdge(
  set: LinkSet,
  context: BenchContext,
): Promise<Readonly<Record<'heap' | 'resident' | 'residentBefore' | 'residentAfter', number>>> {
  await using core = await startMapCore(set, { core: context.cores.load })
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir: context.directory,
    core: context.cores.server,
    settings: { EDGE_L1_ENTRIES_MAX: String(2 * set.links), EDGE_L1_OCTETS_MAX: L1_OCTETS_MAX },
    nodeArgs: [
      '--expose-gc',
      '--max-old-space-size=8192',
      '--import',
      './bench/subjects/gc-on-signal.ts',
    ],
  })
  // Why some first: what the first requests leave behind is not a link's.
  const some = Math.min(1_000, Math.floor(set.links / 2))
  await warm(edge.port, range(0, some), set)
  const before = await heapOf(edge)
  const residentBefore = await residentOctetsOf(edge.program.pid)
  await warm(edge.port, range(some, set.links), set)
  const after = await heapOf(edge)
  const residentAfter = await residentOctetsOf(edge.program.pid)
  const added = set.links - some
  return {
    heap: (after - before) / added,
    resident: (residentAfter - residentBefore) / added,
    residentBefore,
    residentAfter,
  }
}

async function heapOf(edge: BenchEdge): Promise<number> {
  const told = await askBySignal(edge.program, 'memory')
  const { heapUsed = 0, external = 0 } = told as Readonly<Record<string, number>>
  return heapUsed + external
}
