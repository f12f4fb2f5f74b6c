// A core that has as many hostnames as it is told, and as many due domains as are asked for, so
// that a benchmark of domain-manager measures domain-manager. Tells at /counts what it was told.
// Started with its options as JSON.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import {
  HOSTNAMES_PAGE_MAX,
  type Change,
  type CheckOutcome,
  type CheckRecord,
  type ClaimRequest,
  type CoreApi,
  type DueDomain,
  type HostnamesPage,
  type WatchFrom,
} from '@fingerpost/contract/core-api'
import { serveCore } from '@fingerpost/contract/core-server'
import { domainRow, dueDomain, hostnameOf } from '@fingerpost/contract/fake-rows'
import { controlDomainAt, controlHostnameAt, type ControlCoreOptions } from './control-names.ts'

const HEARTBEAT_MS = 2_000
const LINEAGE = 'bench'

const options: ControlCoreOptions & { readonly secret: string } = JSON.parse(
  process.argv[2] ?? '{}',
)
const counts = { checks: 0, well: 0, lists: 0 }
let nextDue = 0

const core: Partial<CoreApi> = {
  async *watchChanges(_from: WatchFrom, signal: AbortSignal): AsyncGenerator<Change> {
    while (!signal.aborted) {
      yield { kind: 'heartbeat', sequence: 1, lineage: LINEAGE }
      await delay(HEARTBEAT_MS, undefined, { signal }).catch(() => undefined)
    }
  },
  async *listHostnames(): AsyncGenerator<HostnamesPage> {
    for (let start = 0; ; start += HOSTNAMES_PAGE_MAX) {
      const end = Math.min(start + HOSTNAMES_PAGE_MAX, options.hostnames)
      const hostnames = Array.from({ length: end - start }, (_, index) => ({
        hostname: hostnameOf(controlHostnameAt(start + index)),
        status: 'active' as const,
        certificate: 'issued' as const,
        mayHoldUntil: Date.now() + 60 * 86_400_000,
      }))
      const isLast = end === options.hostnames
      yield { sequence: 1, hostnames, isLast }
      if (isLast) break
    }
    counts.lists += 1
  },
  async claimDueDomains({ limit }: ClaimRequest): Promise<readonly DueDomain[]> {
    const now = Date.now()
    const count = Math.min(limit, options.dueDomains - nextDue)
    return Array.from({ length: count }, () => {
      const index = nextDue
      nextDue += 1
      const row = domainRow(`dom_${index}`, controlDomainAt(index), now)
      return { ...dueDomain({ ...row, dueAt: now }), lease: `lease_${index}` }
    })
  },
  async recordCheck({ observations }: CheckRecord): Promise<CheckOutcome> {
    counts.checks += 1
    if (observations.routing.state === 'found' && observations.ownership.state === 'found') {
      counts.well += 1
    }
    return 'applied'
  },
  recordCertificate: async () => {},
  claimDeliveries: async () => [],
}
const { port: grpc } = await serveCore({
  // Why a part: domain-manager makes no other calls, and one that it made would be refused.
  core: core as CoreApi,
  address: '127.0.0.1:0',
  secret: options.secret,
  log: { error: (facts, message) => console.error(message, facts) },
})
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(counts))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const http = typeof address === 'object' && address !== null ? address.port : 0
console.log(JSON.stringify({ ready: true, grpc, http }))
