import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import type { EdgeState, Place } from '../rules/edge-lag.ts'
import type { Edges, EdgeDeps } from './edges.ts'

/** How long a write waits for edges. */
export const EDGE_WAIT_MS_MAX: DurationMs = 5_000
/** The same once the process stops, which lets requests run for 3 s. */
const STOP_WAIT_MS_MAX: DurationMs = 1_500
/** Most writes that wait at once. */
export const EDGE_WAITS_MAX = 1_000
/** Most of them of one workspace, so that none can take the places of all others. */
export const WORKSPACE_WAITS_MAX = 250
/** Most edges that an answer names. */
const EDGES_NAMED_MAX = 20

/** Writes that wait until every live edge has acknowledged them. */
export class EdgeWaits {
  readonly #edges: Edges
  readonly #deps: Pick<EdgeDeps, 'clock' | 'log'>
  readonly #waitMsMax: DurationMs
  readonly #stopping = new AbortController()
  readonly #counts = new Map<string, number>()
  #count = 0

  /** @param limits.waitMsMax how long a write waits: `EDGE_WAIT_MS_MAX`, but for tests */
  constructor(
    edges: Edges,
    limits: { readonly waitMsMax: DurationMs },
    deps: Pick<EdgeDeps, 'clock' | 'log'>,
  ) {
    this.#edges = edges
    this.#waitMsMax = limits.waitMsMax
    this.#deps = deps
  }

  /** How many wait at the moment. */
  get count(): number {
    return this.#count
  }

  /**
   * Takes a place among those who wait; to be called before the write, since
   * who finds none must not have written.
   *
   * @throws {AppError} `too_many_waits`
   */
  enter(workspaceId: string): Disposable {
    if (this.#count >= EDGE_WAITS_MAX) throw tooMany(EDGE_WAITS_MAX, 'writes')
    const before = this.#counts.get(workspaceId) ?? 0
    if (before >= WORKSPACE_WAITS_MAX) {
      throw tooMany(WORKSPACE_WAITS_MAX, 'writes of this workspace')
    }
    this.#counts.set(workspaceId, before + 1)
    this.#count += 1
    return {
      [Symbol.dispose]: () => {
        const left = (this.#counts.get(workspaceId) ?? 1) - 1
        if (left === 0) this.#counts.delete(workspaceId)
        else this.#counts.set(workspaceId, left)
        this.#count -= 1
      },
    }
  }

  /** Lets those who wait, now and later, wait no longer than a stop allows. */
  stop(): void {
    this.#stopping.abort()
  }

  /**
   * Resolves when no live edge serves anything older than a committed change.
   *
   * @throws {AppError} `edges_lagging` after `waitMsMax`
   */
  async until(place: Place): Promise<void> {
    const done = new AbortController()
    const overdue = this.#overdue(done.signal)
    try {
      let isOverdue = false
      for (;;) {
        const { progress } = this.#edges
        const lagging = await this.#lagging(place)
        if (lagging?.length === 0) return
        if (isOverdue) throw await this.#lateness(place, lagging ?? [])
        const news = this.#edges.untilNews(progress, done.signal)
        isOverdue = await Promise.race([news, overdue])
      }
    } finally {
      done.abort()
    }
  }

  /** Resolves when the time is up, with true. */
  async #overdue(done: AbortSignal): Promise<boolean> {
    const { clock } = this.#deps
    const either = AbortSignal.any([done, this.#stopping.signal])
    const beganAt = performance.now()
    await clock.sleep(this.#waitMsMax, either)
    if (done.aborted || !this.#stopping.signal.aborted) return true
    const leftMs = this.#waitMsMax - (performance.now() - beganAt)
    await clock.sleep(Math.max(0, Math.min(STOP_WAIT_MS_MAX, leftMs)), done)
    return true
  }

  /** Undefined: the database cannot tell of other processes' edges at the moment. */
  async #lagging(place: Place): Promise<readonly EdgeState[] | undefined> {
    try {
      return await this.#edges.lagging(place)
    } catch (error) {
      this.#deps.log.debug({ error }, 'edges could not be read; it is tried again')
      return undefined
    }
  }

  async #lateness({ sequence }: Place, lagging: readonly EdgeState[]): Promise<AppError> {
    const live = await this.#edges.live().catch(() => lagging)
    return new AppError(
      'edges_lagging',
      'The write stands, but not every edge has acknowledged it yet: some may serve what was ' +
        'before for a while. Sent again with the same Idempotency-Key, a create is not done ' +
        'twice and waits again.',
      {
        facts: {
          sequence,
          edges_live: live.length,
          edges_lagging: lagging.length,
          edges: lagging.slice(0, EDGES_NAMED_MAX).map((edge) => ({
            id: edge.id,
            acknowledged: edge.acknowledged,
            connected: edge.isConnected,
            since: new Date(edge.sinceAt).toISOString(),
          })),
        },
      },
    )
  }
}

function tooMany(limit: number, what: string): AppError {
  return new AppError(
    'too_many_waits',
    `${limit} ${what} wait for edges already; nothing was written.`,
    { facts: { limit } },
  )
}
