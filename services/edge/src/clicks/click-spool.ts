import { CLICK_COUNT_MAX, type ClickCount } from '@fingerpost/model/click'
import type { ClickBatch } from '@fingerpost/contract/core-api'
import {
  formatBatch,
  formatBatchName,
  parseBatch,
  sumOf,
  type BatchName,
} from './click-batch-format.ts'
import type { ClickFiles } from './click-files.ts'
import type { DropReason } from './drop-reasons.ts'

/** How much may wait for core. */
export type SpoolLimits = {
  readonly filesMax: number
  readonly octetsMax: number
  /** Counts in one batch. */
  readonly clicksPerBatchMax: number
  /** How many of the newest batches that nobody tried to send take in more. */
  readonly openBatchesMax: number
}

/** What the spool uses and tells. */
export type SpoolDeps = {
  readonly files: ClickFiles
  readonly onDropped: (reason: DropReason, clicks: number) => void
  readonly onUnreadable: (name: string) => void
  /** Called when the disk begins to fail, and with undefined when it is well again. */
  readonly onDisk: (failure: unknown) => void
}

/**
 * The batches that wait for core, oldest first: those of former processes, then
 * our own. Each is in a file before it can be taken, so that a process that is
 * killed leaves it to the next one; a batch whose file cannot be written waits
 * in memory.
 *
 * A batch that nobody has tried to send may still change: while core is down,
 * the newest ones take in clicks like those they have. From the first attempt
 * on it stays as it is, since core may have applied it and only the answer was lost.
 */
export class ClickSpool {
  readonly #limits: SpoolLimits
  readonly #owner: { readonly source: string; readonly pid: number }
  readonly #deps: SpoolDeps
  #waiting: Waiting[] = []
  /** The one that `next` gave last: it may be on its way. */
  #sent: Waiting | undefined
  #lastNumber = 0
  #octets = 0
  #isDiskFailing = false
  /** Ends when nobody works on the batches any more. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    limits: SpoolLimits,
    owner: { readonly source: string; readonly pid: number },
    deps: SpoolDeps,
  ) {
    this.#limits = limits
    this.#owner = owner
    this.#deps = deps
  }

  /** How many batches wait. */
  get size(): number {
    return this.#waiting.length
  }

  /** Takes over the files of former processes, in the order given, before anything is added. */
  async adopt(
    files: readonly { readonly name: BatchName; readonly octets: number }[],
  ): Promise<void> {
    await this.#inTurn(async () => {
      for (const { name, octets } of files) {
        this.#waiting.push({ ...EMPTY, name, octets, isTried: true, isWritten: true })
        this.#octets += octets
      }
      await this.#dropOldest()
    })
  }

  /** Takes in clicks, and writes them down as far as the disk allows. */
  async add(counts: Iterable<ClickCount>): Promise<void> {
    await this.#inTurn(async () => {
      // Why looked up once: while core takes batches there is none, and nothing to compare.
      const open = this.#openBatches()
      for (const chunk of chunksOf(counts, this.#limits.clicksPerBatchMax)) {
        for (const count of chunk) if (!this.#merge(count, open)) this.#append(count)
        await this.#write()
        await this.#dropOldest()
      }
      await this.#write()
    })
  }

  /**
   * Gives the oldest batch to be sent. It stays first, and as it is, until `settle`. Fails when
   * its file cannot be read for now; it stays first then, too.
   */
  async next(): Promise<ClickBatch | undefined> {
    return this.#inTurn(async () => {
      for (;;) {
        const [first] = this.#waiting
        if (first === undefined) return undefined
        const batch = await this.#read(first)
        if (batch !== undefined) {
          first.isTried = true
          this.#sent = first
          return batch
        }
        this.#forget(first)
      }
    })
  }

  /** Takes away the batch that `next` gave: it was applied or, with a reason, is given up. */
  async settle(batch: ClickBatch, reason?: DropReason): Promise<void> {
    await this.#inTurn(async () => {
      const first = this.#waiting.find(
        ({ name }) => name.source === batch.source && name.number === batch.number,
      )
      if (first === undefined) return
      if (reason !== undefined) this.#deps.onDropped(reason, sumOf(batch.clicks))
      await this.#remove(first)
    })
  }

  /** Writes down what is not, for the last time; counts as dropped what cannot be written. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#write()
      for (const { isWritten, counts } of this.#waiting) {
        if (!isWritten) this.#deps.onDropped('not_saved', sumOf(counts ?? []))
      }
    })
  }

  /** The newest batches that nobody tried to send, oldest first. */
  #openBatches(): readonly Waiting[] {
    return this.#waiting.slice(-this.#limits.openBatchesMax).filter(isOpen)
  }

  /** Adds a count to one like it in an open batch; tells whether there is one. */
  #merge(click: ClickCount, open: readonly Waiting[]): boolean {
    for (const batch of open) {
      if (!isOpen(batch)) continue
      batch.places ??= placesOf(batch.counts)
      const place = batch.places.get(keyOf(click))
      const known = place === undefined ? undefined : batch.counts[place]
      if (place === undefined || known === undefined) continue
      if (known.count + click.count > CLICK_COUNT_MAX) continue
      batch.counts[place] = { ...click, count: known.count + click.count }
      noteChange(batch)
      return true
    }
    return false
  }

  /** Adds a count to the newest batch, or begins another one with it. */
  #append(click: ClickCount): void {
    const last = this.#waiting.at(-1)
    const hasRoom = (last?.counts?.length ?? 0) < this.#limits.clicksPerBatchMax
    const batch = last !== undefined && isOpen(last) && hasRoom ? last : this.#begin()
    batch.counts.push(click)
    batch.places?.set(keyOf(click), batch.counts.length - 1)
    noteChange(batch)
  }

  #begin(): OpenBatch {
    this.#lastNumber += 1
    const name = { ...this.#owner, number: this.#lastNumber }
    const batch = { ...EMPTY, name, counts: [] }
    this.#waiting.push(batch)
    return batch
  }

  /** Writes what changed, oldest first; after a failure nothing more until the next time. */
  async #write(): Promise<void> {
    let isWritable = true
    for (const batch of this.#waiting) {
      if (batch.isWritten || batch.counts === undefined) continue
      if (!isWritable && batch.isMeasured) continue
      const content = formatBatch({ ...batch.name, clicks: batch.counts })
      const octets = Buffer.byteLength(content)
      this.#octets += octets - batch.octets
      batch.octets = octets
      batch.isMeasured = true
      if (isWritable) isWritable = await this.#writeFile(batch, content)
    }
    this.#releaseClosed()
  }

  async #writeFile(batch: Waiting, content: string): Promise<boolean> {
    try {
      await this.#deps.files.write(formatBatchName(batch.name), content)
    } catch (error) {
      this.#tellDisk(error)
      return false
    }
    batch.isWritten = true
    if (this.#isDiskFailing) this.#deps.onDisk(undefined)
    this.#isDiskFailing = false
    return true
  }

  /** Lets go of what is on the disk and takes in nothing more. */
  #releaseClosed(): void {
    for (const batch of this.#waiting.slice(0, -this.#limits.openBatchesMax)) {
      if (!batch.isWritten) continue
      batch.counts = undefined
      batch.places = undefined
    }
  }

  /** Fails when the disk does: only what was read, and is none, is no batch. */
  async #read(batch: Waiting): Promise<ClickBatch | undefined> {
    const { name, counts } = batch
    if (counts !== undefined) {
      return { source: name.source, number: name.number, clicks: counts }
    }
    const fileName = formatBatchName(name)
    const content = await this.#deps.files.read(fileName)
    // Why no word: another process that found the same file sent it.
    if (content === undefined) return undefined
    const read = parseBatch(content, name)
    if (read !== undefined) return read
    this.#deps.onUnreadable(fileName)
    await this.#deps.files.setAside(fileName).catch((error: unknown) => this.#tellDisk(error))
    return undefined
  }

  /** Drops the oldest batches, but for one that may be on its way, until the rest fits. */
  async #dropOldest(): Promise<void> {
    const { filesMax, octetsMax } = this.#limits
    while (this.#waiting.length > filesMax || this.#octets > octetsMax) {
      const oldest = this.#waiting.find((batch) => batch !== this.#sent)
      if (oldest === undefined) return
      // Why dropped uncounted: no room may be taken for as long as the disk cannot read it.
      const batch = await this.#read(oldest).catch(() => undefined)
      if (batch !== undefined) this.#deps.onDropped('spool_full', sumOf(batch.clicks))
      await this.#remove(oldest)
    }
  }

  async #remove(batch: Waiting): Promise<void> {
    this.#forget(batch)
    const remove = this.#deps.files.remove(formatBatchName(batch.name))
    // Why no failure: the file is sent again by the next process, and core knows its number.
    await remove.catch((error: unknown) => this.#tellDisk(error))
  }

  #forget(batch: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== batch)
    this.#octets -= batch.octets
    // Why: whoever still holds it must not put anything into it.
    batch.counts = undefined
  }

  #tellDisk(error: unknown): void {
    if (!this.#isDiskFailing) this.#deps.onDisk(error)
    this.#isDiskFailing = true
  }

  /** Lets one work on the batches at a time. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turn = promise
    await before
    try {
      return await work()
    } finally {
      resolve()
    }
  }
}

type Waiting = {
  name: BatchName
  octets: number
  /** Once it may have been sent it stays as it is. */
  isTried: boolean
  isWritten: boolean
  /** Whether `octets` counts all that is in it. */
  isMeasured: boolean
  /** Undefined: only the file has them. */
  counts: ClickCount[] | undefined
  /** Where in `counts` one like another stands; made when it is first asked. */
  places: Map<string, number> | undefined
}

type OpenBatch = Waiting & { counts: ClickCount[] }

const EMPTY = {
  octets: 0,
  isTried: false,
  isWritten: false,
  isMeasured: false,
  counts: undefined,
  places: undefined,
}

function isOpen(batch: Waiting): batch is OpenBatch {
  return !batch.isTried && batch.counts !== undefined
}

function noteChange(batch: Waiting): void {
  batch.isWritten = false
  batch.isMeasured = false
}

function placesOf(counts: readonly ClickCount[]): Map<string, number> {
  return new Map(counts.map((click, place) => [keyOf(click), place]))
}

function keyOf(click: ClickCount): string {
  const { linkId, hour, visitor, device, referrer, country } = click
  return `${linkId} ${hour} ${visitor} ${device} ${country} ${referrer}`
}

function* chunksOf(counts: Iterable<ClickCount>, sizeMax: number): Generator<ClickCount[]> {
  let chunk: ClickCount[] = []
  for (const count of counts) {
    chunk.push(count)
    if (chunk.length < sizeMax) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}
