// A core that keeps its links in memory and serves the same contract as api-core, so that a
// benchmark of the edge measures the edge. Also answers Caddy's ask, with yes, and tells at
// /counts what it was asked for. Started with its options as JSON.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  Change,
  CheckOutcome,
  ClickBatch,
  CoreApi,
  Delivery,
  DueDomain,
  HostnamesPage,
  LinkLookup,
  LinkTarget,
  WatchFrom,
} from '@fingerpost/contract/core-api'
import { serveCore } from '@fingerpost/contract/core-server'
import { hostnameOf } from '@fingerpost/contract/fake-rows'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import { benchLink, hostnameAt, type LinkSet } from './links.ts'

const HEARTBEAT_MS = 2_000
const LINEAGE = 'bench'

class MapCore implements CoreApi {
  lookups = 0
  clicks = 0
  readonly #domains = new Map<string, ServedDomain>()
  readonly #links = new Map<string, ServedLink>()
  readonly #lookupMs: number

  constructor(set: LinkSet, lookupMs: number) {
    this.#lookupMs = lookupMs
    for (let index = 0; index < set.hostnames; index += 1) {
      const domain = domainAt(index)
      this.#domains.set(domain.hostname, domain)
    }
    for (let index = 0; index < set.links; index += 1) {
      const { id, hostname, slug, destination } = benchLink(index, set)
      const link: ServedLink = {
        id,
        slug,
        destination,
        redirectStatus: 302,
        expiresAt: undefined,
        isDisabled: false,
        version: 1,
      }
      this.#links.set(keyOf({ hostname, slug }), link)
    }
  }

  async lookupLink(target: LinkTarget): Promise<LinkLookup> {
    this.lookups += 1
    if (this.#lookupMs > 0) await delay(this.#lookupMs)
    return {
      sequence: 0,
      lineage: LINEAGE,
      domain: this.#domains.get(target.hostname),
      link: this.#links.get(keyOf(target)),
    }
  }

  async *watchChanges(_from: WatchFrom, signal: AbortSignal): AsyncGenerator<Change> {
    while (!signal.aborted) {
      yield { kind: 'heartbeat', sequence: 0, lineage: LINEAGE }
      await delay(HEARTBEAT_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async acknowledgeChanges(): Promise<void> {}

  async recordClicks(batch: ClickBatch): Promise<void> {
    for (const { count } of batch.clicks) this.clicks += count
  }

  async *listHostnames(): AsyncGenerator<HostnamesPage> {
    yield { sequence: 0, hostnames: [], isLast: true }
  }

  async claimDueDomains(): Promise<readonly DueDomain[]> {
    return []
  }

  async recordCheck(): Promise<CheckOutcome> {
    return 'superseded'
  }

  async recordCertificate(): Promise<void> {}

  async claimDeliveries(): Promise<readonly Delivery[]> {
    return []
  }

  async recordDelivery(): Promise<void> {}

  async describeHostname(): Promise<string | undefined> {
    return undefined
  }
}

function domainAt(index: number): ServedDomain {
  return {
    id: `dom_${index}`,
    workspaceId: 'ws_bench',
    hostname: hostnameOf(hostnameAt(index)),
    status: 'active',
    rootUrl: undefined,
    notFoundUrl: undefined,
    redirectsTo: undefined,
    honoursPrivacySignals: true,
    version: 1,
  }
}

function keyOf(target: LinkTarget): string {
  return `${target.hostname}/${target.slug}`
}

const options: LinkSet & { readonly secret: string; readonly lookupMs: number } = JSON.parse(
  process.argv[2] ?? '{}',
)
const core = new MapCore(options, options.lookupMs)
const { port: grpc } = await serveCore({
  core,
  address: '127.0.0.1:0',
  secret: options.secret,
  log: { error: (facts, message) => console.error(message, facts) },
})
const server = createServer((_request, response) => {
  const { lookups, clicks } = core
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ lookups, clicks }))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const http = typeof address === 'object' ? address?.port : undefined
console.log(JSON.stringify({ ready: true, grpc, http }))
