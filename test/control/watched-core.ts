import { connectCore } from '@fingerpost/contract/core-client'
import type { CoreApi } from '@fingerpost/contract/core-api'
import { serveCore } from '@fingerpost/contract/core-server'

/** One domain in the hands of one worker. */
export type Hold = {
  readonly domainId: string
  readonly workerId: string
  readonly claimedAt: number
  /** When its check was stored; undefined: not yet. */
  recordedAt: number | undefined
}

/** Stands between domain-managers and core, and notes who holds which domain when. */
export type WatchedCore = AsyncDisposable & {
  readonly port: number
  /** Every claim so far, oldest first. */
  readonly holds: readonly Hold[]
}

/**
 * Starts watching.
 *
 * @param leaseMs what every lease is shortened to, so that a test can wait for its end
 */
export async function startWatchedCore(options: {
  readonly corePort: number
  readonly secret: string
  readonly leaseMs: number
}): Promise<WatchedCore> {
  const { corePort, secret, leaseMs } = options
  const core = connectCore({ address: `127.0.0.1:${corePort}`, secret, deadlineMs: 5_000 })
  const holds: Hold[] = []
  const held = new Map<string, Hold>()
  const watched: CoreApi = {
    lookupLink: (target) => core.lookupLink(target),
    watchChanges: (from, signal) => core.watchChanges(from, signal),
    acknowledgeChanges: (acknowledgement) => core.acknowledgeChanges(acknowledgement),
    recordClicks: (batch) => core.recordClicks(batch),
    listHostnames: (signal) => core.listHostnames(signal),
    recordCertificate: (record) => core.recordCertificate(record),
    claimDeliveries: (request) => core.claimDeliveries(request),
    recordDelivery: (record) => core.recordDelivery(record),
    describeHostname: (hostname) => core.describeHostname(hostname),
    async claimDueDomains(request) {
      const domains = await core.claimDueDomains({ ...request, leaseMs })
      for (const { id, lease } of domains) {
        const { workerId } = request
        const hold = { domainId: id, workerId, claimedAt: Date.now(), recordedAt: undefined }
        holds.push(hold)
        held.set(`${id} ${lease}`, hold)
      }
      return domains
    },
    async recordCheck(check) {
      // Why before: core lets go of the domain while it answers.
      const recordedAt = Date.now()
      const outcome = await core.recordCheck(check)
      const hold = held.get(`${check.domainId} ${check.lease}`)
      if (hold !== undefined && outcome !== 'superseded') hold.recordedAt = recordedAt
      return outcome
    },
  }
  const server = await serveCore({
    core: watched,
    address: '127.0.0.1:0',
    secret,
    log: { error: () => undefined },
  })
  return {
    port: server.port,
    holds,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await core[Symbol.asyncDispose]()
    },
  }
}
