import { FakeClock } from '@fingerpost/chassis/fake-clock'
import type { ClickBatch } from '@fingerpost/contract/core-api'
import type { ClickCount } from '@fingerpost/model/click'
import { AppError } from '@fingerpost/model/errors'
import type { ClickFiles, ListedFile } from '../../src/clicks/click-files.ts'
import { ClickRecorder } from '../../src/clicks/click-recorder.ts'
import { ClickSender } from '../../src/clicks/click-sender.ts'
import { ClickSpool, type SpoolLimits } from '../../src/clicks/click-spool.ts'
import type { DropReason } from '../../src/clicks/drop-reasons.ts'
import { findLeftBatches } from '../../src/clicks/left-batches.ts'

/** One click of a link, as it is counted. */
export function clickOn(linkId: string, count = 1): ClickCount {
  return {
    workspaceId: 'ws_1',
    linkId,
    hour: 0,
    visitor: 'human',
    device: 'mobile',
    referrer: 'example.org',
    country: '',
    count,
  }
}

/** A core that applies each batch once, by source and number, as the real one does. */
export class ApplyingCore {
  readonly applied = new Map<string, number>()
  readonly batches: ClickBatch[] = []
  isDown = false
  /** Whether answers are lost after a batch was applied. */
  losesAnswers = false
  refuses: (batch: ClickBatch) => boolean = () => false
  readonly #numbers = new Map<string, number>()

  async recordClicks(batch: ClickBatch): Promise<void> {
    if (this.isDown) throw new AppError('core_unavailable', 'Core cannot be reached.')
    if (this.refuses(batch)) throw new AppError('body_invalid', 'The batch is none.')
    if ((this.#numbers.get(batch.source) ?? 0) < batch.number) {
      this.#numbers.set(batch.source, batch.number)
      this.batches.push(batch)
      for (const { linkId, count } of batch.clicks) {
        this.applied.set(linkId, (this.applied.get(linkId) ?? 0) + count)
      }
    }
    if (this.losesAnswers) throw new AppError('core_overdue', 'Core did not answer in time.')
  }

  /** How many clicks were applied. */
  get total(): number {
    return this.applied.values().reduce((sum, count) => sum + count, 0)
  }
}

/** A folder in memory that outlives the processes that use it. */
export class FakeClickFiles implements ClickFiles {
  readonly contents = new Map<string, string>()
  isFull = false
  isUnreadable = false
  writes = 0

  async read(name: string): Promise<string | undefined> {
    if (this.isUnreadable) throw new Error('EMFILE')
    return this.contents.get(name)
  }

  async write(name: string, content: string): Promise<void> {
    this.writes += 1
    if (this.isFull) throw new Error('ENOSPC')
    this.contents.set(name, content)
  }

  async remove(name: string): Promise<void> {
    this.contents.delete(name)
  }

  async setAside(name: string): Promise<void> {
    this.contents.set(`${name}.bad`, this.contents.get(name) ?? '')
    this.contents.delete(name)
  }

  async list(): Promise<readonly ListedFile[]> {
    return [...this.contents].map(([name, content]) => ({
      name,
      octets: Buffer.byteLength(content),
    }))
  }
}

/** The limits of scenes: small, so that they are met. */
export const SCENE_LIMITS: SpoolLimits = {
  filesMax: 50,
  octetsMax: 100_000,
  clicksPerBatchMax: 3,
  openBatchesMax: 2,
}

/** One process that counts, by hand, and records; killed by being left alone. */
export class RecordingProcess {
  readonly clock = new FakeClock()
  readonly dropped = new Map<DropReason, number>()
  readonly told: string[] = []
  readonly spool: ClickSpool
  readonly #recorder: ClickRecorder
  readonly #sender: ClickSender
  #pending: ClickCount[] = []

  private constructor(
    owner: { readonly source: string; readonly pid: number },
    world: World,
    limits: SpoolLimits,
  ) {
    this.spool = new ClickSpool(limits, owner, {
      files: world.files,
      onDropped: (reason, clicks) =>
        this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + clicks),
      onUnreadable: (name) => this.told.push(`unreadable ${name}`),
      onDisk: (failure) => this.told.push(failure === undefined ? 'disk well' : 'disk fails'),
    })
    const onError = (error: unknown) => this.told.push(`mistake: ${String(error)}`)
    this.#sender = new ClickSender(
      { firstMs: 200, factor: 2, maxMs: 1_000 },
      {
        core: world.core,
        spool: this.spool,
        clock: this.clock,
        random: () => 1,
        onCore: (failure) => this.told.push(failure === undefined ? 'core well' : 'core fails'),
        onRead: (failure) => this.told.push(failure === undefined ? 'read well' : 'read fails'),
        onRefused: ({ number }) => this.told.push(`refused ${number}`),
        onError,
      },
    )
    this.#recorder = new ClickRecorder(1_000, {
      counter: {
        take: () => {
          const taken = this.#pending
          this.#pending = []
          return taken
        },
      },
      spool: this.spool,
      sender: this.#sender,
      clock: this.clock,
      onError,
    })
  }

  /** Starts a process that takes over what others left; of them none is alive. */
  static async start(
    owner: { readonly source: string; readonly pid: number },
    world: World,
    limits: SpoolLimits = SCENE_LIMITS,
  ): Promise<RecordingProcess> {
    const process = new RecordingProcess(owner, world, limits)
    const left = findLeftBatches(await world.files.list(), {
      source: owner.source,
      ourPids: new Set([owner.pid]),
      isAlive: () => false,
    })
    await process.spool.adopt(left.batches)
    process.#sender.poke()
    return process
  }

  count(...clicks: ClickCount[]): void {
    this.#pending.push(...clicks)
  }

  stop(): Promise<void> {
    return this.#recorder.stop(1_000)
  }
}

/** What processes share. */
export type World = {
  readonly files: ClickFiles
  readonly core: { recordClicks(batch: ClickBatch): Promise<void> }
}
