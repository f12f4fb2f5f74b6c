import { AppError } from '@fingerpost/model/errors'
import type { Change, CoreApi, LinkTarget, Lineage, Sequence } from '@fingerpost/contract/core-api'
import { followChanges } from '../../src/lookup/change-follower.ts'
import { ChangeMemory } from '../../src/lookup/change-memory.ts'
import { CoreTier } from '../../src/lookup/core-tier.ts'
import { L2Entries } from '../../src/lookup/l2-entries.ts'
import { LinkLookup, type Found, type LookupLimits } from '../../src/lookup/link-lookup.ts'
import { RedisTier, type EntryStore, type L2LookupOutcome } from '../../src/lookup/redis-tier.ts'
import { dawdle } from './delayed-core.ts'

/** What the edges of one random run share. */
export type L2World = {
  readonly core: Pick<CoreApi, 'lookupLink' | 'watchChanges'>
  readonly store: EntryStore
  readonly limits: LookupLimits
  readonly random: () => number
  readonly uptimeMs: () => number
  readonly onL2: (outcome: L2LookupOutcome) => void
  /** Called for each change that an edge has applied. */
  readonly onAcknowledged: (edge: L2Edge) => void
}

/** One edge of several, without its server: a lookup with L1, L2 and a change stream. */
export class L2Edge {
  readonly lookup: LinkLookup
  /**
   * The place up to which changes are applied, with the history that the stream has told. Why not
   * the lookup's: until one is told, that is of the last answer that was kept, and an answer can be
   * of a newer history than the changes.
   */
  applied: { readonly lineage: Lineage | undefined; readonly sequence: Sequence } = {
    lineage: undefined,
    sequence: 0,
  }
  readonly #stop = new AbortController()
  readonly #following: Promise<void>

  constructor(world: L2World) {
    const { core, store, limits, random, uptimeMs, onL2, onAcknowledged } = world
    const memory = new ChangeMemory(8)
    const ignore = (): void => {}
    const breaker = { failuresMax: 3, pauseMs: 100 }
    const { staleMsMax } = limits.cache
    const lookup: LinkLookup = new LinkLookup(limits, {
      tier: new RedisTier(
        { readMsMax: 60_000, readsMax: 100, writesMax: 100, staleMsMax, breaker },
        {
          store,
          entries: new L2Entries('the secret of this installation'),
          core: new CoreTier(breaker, { core, uptimeMs, onOutcome: ignore, onRest: ignore }),
          memory,
          isConnected: () => lookup.isConnected,
          now: uptimeMs,
          uptimeMs,
          onLookup: onL2,
          onWrite: ignore,
          onRest: ignore,
        },
      ),
      memory,
      uptimeMs,
      events: {
        onHit: ignore,
        onMiss: ignore,
        onStale: ignore,
        onRefused: ignore,
        onOutdated: ignore,
        onShed: ignore,
      },
    })
    this.lookup = lookup
    this.#following = followChanges(
      { edgeId: 'edge-1', backoff: { firstMs: 1, factor: 1, maxMs: 1 }, signal: this.#stop.signal },
      {
        core,
        target: {
          get sequence() {
            return lookup.sequence
          },
          get lineage() {
            return lookup.lineage
          },
          get isConnected() {
            return lookup.isConnected
          },
          apply: (change) => {
            lookup.apply(change)
            this.applied = placeAfter(change, this.applied)
          },
          loseTrack: () => lookup.loseTrack(),
        },
        acknowledger: { acknowledge: () => onAcknowledged(this), startOver: ignore },
        onLag: ignore,
        clock: { now: () => 0, sleep: () => dawdle(random) },
        random,
        onConnected: ignore,
        onLost: ignore,
        onFailed: ignore,
      },
    )
  }

  find(target: LinkTarget, deliver: (found: Found) => void): void {
    this.lookup.find(target, deliver)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#following
  }
}

function placeAfter(change: Change, { lineage, sequence }: L2Edge['applied']): L2Edge['applied'] {
  if ('lineage' in change) return { lineage: change.lineage, sequence: change.sequence }
  // Why unknown: whoever goes back is in another history, which the next heartbeat tells.
  return { lineage: change.sequence < sequence ? undefined : lineage, sequence: change.sequence }
}

/** A store to and from which everything takes a random time, and fails now and then. */
export function delayedStore(
  store: EntryStore,
  options: { readonly prefix: string; readonly random: () => number; readonly failure: number },
): EntryStore {
  const { prefix, random, failure } = options
  const failSometimes = (): void => {
    if (random() < failure) throw new AppError('storage_unavailable', 'The line to L2 broke.')
  }
  return {
    async read(key) {
      await dawdle(random)
      failSometimes()
      const reply = await store.read(prefix + key)
      await dawdle(random)
      failSometimes()
      return reply
    },
    async write(key, text, ttlMs) {
      await dawdle(random)
      failSometimes()
      await store.write(prefix + key, text, ttlMs)
      await dawdle(random)
      failSometimes()
    },
  }
}
