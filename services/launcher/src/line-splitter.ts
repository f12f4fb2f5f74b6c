import { StringDecoder } from 'node:string_decoder'

/** Longest line that is kept, in characters; what is beyond is cut off. */
export const LINE_LENGTH_MAX = 65_536

/**
 * Cuts a stream of bytes into lines. A line that does not end takes no more
 * than `LINE_LENGTH_MAX` characters of memory.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  write(chunk: Buffer): void {
    const parts = this.#decoder.write(chunk).split('\n')
    for (const [index, part] of parts.entries()) {
      if (this.#rest.length < LINE_LENGTH_MAX) this.#rest += part
      if (index < parts.length - 1) this.#flush()
    }
  }

  /** Gives the last line, when it has no end of line. */
  end(): void {
    this.#rest += this.#decoder.end()
    this.#flush()
  }

  #flush(): void {
    const line = this.#rest.slice(0, LINE_LENGTH_MAX).replace(/\r$/, '')
    this.#rest = ''
    if (line !== '') this.#onLine(line)
  }
}
