import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Said } from './clicks/said.ts'

/**
 * What one request says that has a say in its answer or in how it is counted.
 * One object serves request after request: it is read again for each, and holds
 * good until the next is read.
 */
export class RequestHead implements Said {
  method = ''
  /** The value of `Host`; undefined: there is none, or more than one. */
  host: string | undefined
  /** Whether a body is announced. */
  hasBody = false
  userAgent: string | undefined
  referer: string | undefined
  /** `DNT`. */
  dnt: string | undefined
  /** `Sec-GPC`. */
  secGpc: string | undefined
  /** The first of `Sec-Purpose`, `Purpose` and `X-Moz`. */
  purpose: string | undefined
  /** `X-Forwarded-For`, joined by commas when it came more than once. */
  forwardedFor: string | undefined
  /** The header that the operator named for the visitor's country. */
  country: string | undefined
  readonly #countryHeader: string
  #socket: Socket | undefined

  /** @param countryHeader in lower case; empty: none */
  constructor(countryHeader: string) {
    this.#countryHeader = countryHeader
  }

  peerAddress(): string | undefined {
    return this.#socket?.remoteAddress
  }

  /** Gives what this request said, to be kept while others are read. */
  copy(): Said {
    const copy = new RequestHead(this.#countryHeader)
    Object.assign(copy, this)
    copy.#socket = this.#socket
    return copy
  }

  /** Reads the head of the next request. */
  read({ method = '', socket, rawHeaders }: RequestParts): void {
    this.#clear()
    this.method = method
    this.#socket = socket
    let hosts = 0
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? ''
      const value = rawHeaders[index + 1] ?? ''
      // Why lengths first: they settle most headers without comparing any text.
      switch (name.length) {
        case 3:
          if (isNamed(name, 'DNT', 'dnt')) this.dnt = value
          break
        case 4:
          if (!isNamed(name, 'Host', 'host')) break
          hosts += 1
          this.host = value
          break
        case 5:
          if (isNamed(name, 'X-Moz', 'x-moz')) this.purpose ??= value
          break
        case 7:
          if (isNamed(name, 'Referer', 'referer')) this.referer = value
          else if (isNamed(name, 'Sec-Gpc', 'sec-gpc')) this.secGpc = value
          else if (isNamed(name, 'Purpose', 'purpose')) this.purpose ??= value
          break
        case 10:
          if (isNamed(name, 'User-Agent', 'user-agent')) this.userAgent = value
          break
        case 11:
          if (isNamed(name, 'Sec-Purpose', 'sec-purpose')) this.purpose ??= value
          break
        case 14:
          if (isNamed(name, 'Content-Length', 'content-length')) this.hasBody ||= value !== '0'
          break
        case 15:
          if (isNamed(name, 'X-Forwarded-For', 'x-forwarded-for')) this.#addForwarded(value)
          break
        case 17:
          if (isNamed(name, 'Transfer-Encoding', 'transfer-encoding')) this.hasBody = true
          break
        default:
      }
      if (name.length === this.#countryHeader.length && this.#countryHeader !== '') {
        if (name.toLowerCase() === this.#countryHeader) this.country = value
      }
    }
    // Why two are as good as none, equal ones too: whoever stands in front of us
    // may have looked at the other one.
    if (hosts > 1) this.host = undefined
  }

  #addForwarded(value: string): void {
    this.forwardedFor = this.forwardedFor === undefined ? value : `${this.forwardedFor}, ${value}`
  }

  #clear(): void {
    this.host = undefined
    this.hasBody = false
    this.userAgent = undefined
    this.referer = undefined
    this.dnt = undefined
    this.secGpc = undefined
    this.purpose = undefined
    this.forwardedFor = undefined
    this.country = undefined
  }
}

/** Of a request, what is read. */
export type RequestParts = Pick<IncomingMessage, 'method' | 'socket' | 'rawHeaders'>

// Why two spellings: names mostly arrive in one of them, which needs no folding.
function isNamed(name: string, usual: string, lower: string): boolean {
  return name === usual || name === lower || name.toLowerCase() === lower
}
