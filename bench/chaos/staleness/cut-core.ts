import type { Change, CoreApi, WatchFrom } from '@fingerpost/contract/core-api'
import { connectCore } from '@fingerpost/contract/core-client'
import { serveCore } from '@fingerpost/contract/core-server'
import { SECRET } from '../../harness/edge.ts'

const DEADLINE_MS = 2_000

/** A way to core whose change stream can fall silent while everything else passes. */
export type CutCore = AsyncDisposable & {
  readonly port: number
  /** From now on no change and no heartbeat comes through, on streams old and new. */
  cut(): void
  mend(): void
}

/** Stands between an edge and core. */
export async function startCutCore(grpcPort: number): Promise<CutCore> {
  const core = connectCore({
    address: `127.0.0.1:${grpcPort}`,
    secret: SECRET,
    deadlineMs: DEADLINE_MS,
  })
  let isCut = false
  let streams = new AbortController()
  const relayed: CoreApi = {
    lookupLink: (target) => core.lookupLink(target),
    acknowledgeChanges: (acknowledgement) => core.acknowledgeChanges(acknowledgement),
    recordClicks: (batch) => core.recordClicks(batch),
    listHostnames: (signal) => core.listHostnames(signal),
    claimDueDomains: (request) => core.claimDueDomains(request),
    recordCheck: (check) => core.recordCheck(check),
    recordCertificate: (record) => core.recordCertificate(record),
    claimDeliveries: (request) => core.claimDeliveries(request),
    recordDelivery: (record) => core.recordDelivery(record),
    describeHostname: (hostname) => core.describeHostname(hostname),
    async *watchChanges(from: WatchFrom, signal: AbortSignal): AsyncGenerator<Change> {
      if (isCut) await untilAborted(signal)
      const both = AbortSignal.any([signal, streams.signal])
      try {
        for await (const change of core.watchChanges(from, both)) {
          if (isCut) break
          yield change
        }
      } catch (error) {
        if (!isCut) throw error
      }
      // Why held: a stream that is cut in the middle of the network ends for neither side.
      if (isCut) await untilAborted(signal)
    },
  }
  const server = await serveCore({
    core: relayed,
    address: '127.0.0.1:0',
    secret: SECRET,
    log: { error: () => undefined },
  })
  return {
    port: server.port,
    cut: () => {
      isCut = true
      streams.abort()
      streams = new AbortController()
    },
    mend: () => {
      isCut = false
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await core[Symbol.asyncDispose]()
    },
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
