import { SocketAddress } from 'node:net'

/** Longest name in a packet, with the length octets. @see RFC 1035 section 2.3.4 */
const NAME_OCTETS_MAX = 255

/** Most pointers that are followed within one name; a name has no more than 127 labels. */
export const POINTERS_MAX = 127

/**
 * Most characters of all names of a packet together. A pointer of two octets stands for up to
 * a thousand, so that a packet could be read into much more than its length.
 */
export const NAMES_LENGTH_MAX = 65_535

/**
 * Reads a DNS packet from its beginning. Reading over the end, or a name that
 * is none, gives empty values and sets `isBroken`; nothing throws.
 */
export class WireReader {
  readonly #packet: Buffer
  #at = 0
  #namesLength = 0
  #isBroken = false

  constructor(packet: Buffer) {
    this.#packet = packet
  }

  get at(): number {
    return this.#at
  }

  get isBroken(): boolean {
    return this.#isBroken
  }

  skip(octets: number): void {
    this.goTo(this.#at + octets)
  }

  goTo(at: number): void {
    if (at > this.#packet.length || at < this.#at) this.#isBroken = true
    else this.#at = at
  }

  uint8(): number {
    return this.#number(1)
  }

  uint16(): number {
    return this.#number(2)
  }

  uint32(): number {
    return this.#number(4)
  }

  /**
   * Reads a name in lower case without a trailing dot; the root is `.`. What
   * is no visible character is written `\DDD`, a dot inside a label `\.`.
   */
  name(): string {
    const labels: string[] = []
    let at = this.#at
    let after: number | undefined
    let octets = 1
    let pointers = 0
    for (;;) {
      const length = this.#packet[at]
      if (length === undefined) return this.#broken()
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | (this.#packet[at + 1] ?? 0xff)
        after ??= at + 2
        pointers += 1
        // Why only backwards: a pointer that leads forward could go round for ever. Why only so
        // many: a packet made for it would lead every one of its names through thousands.
        if (target >= at || pointers > POINTERS_MAX) return this.#broken()
        at = target
        continue
      }
      octets += length + 1
      const end = at + 1 + length
      if (length > 63 || octets > NAME_OCTETS_MAX || end > this.#packet.length) {
        return this.#broken()
      }
      if (length === 0) break
      labels.push(this.#label(at + 1, end))
      at = end
    }
    this.goTo(after ?? at + 1)
    const name = labels.length === 0 ? '.' : labels.join('.')
    this.#namesLength += name.length
    return this.#namesLength > NAMES_LENGTH_MAX ? this.#broken() : name
  }

  ipv4(end: number): string {
    const octets = this.#upTo(end)
    return octets.length === 4 ? octets.join('.') : this.#broken()
  }

  ipv6(end: number): string {
    const octets = this.#upTo(end)
    if (octets.length !== 16) return this.#broken()
    const address = octets.toString('hex').replaceAll(/(.{4})(?!$)/g, '$1:')
    return new SocketAddress({ address, family: 'ipv6' }).address
  }

  /** Reads TXT chunks up to `end` and joins them. */
  chunks(end: number): string {
    const chunks: Buffer[] = []
    while (this.#at < end && !this.#isBroken) {
      const length = this.uint8()
      if (this.#at + length > end) return this.#broken()
      chunks.push(this.#upTo(this.#at + length))
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  /** Reads so many octets as characters, escaped for a quoted string. */
  escaped(octets: number): string {
    return this.escapedTo(this.#at + octets)
  }

  /** Reads octets up to `end` as characters, escaped for a quoted string. */
  escapedTo(end: number): string {
    return escapedText(this.#upTo(end), QUOTED_UNSAFE)
  }

  #label(from: number, to: number): string {
    const text = this.#packet.toString('latin1', from, to)
    if (PLAIN_LABEL.test(text)) return text
    const lower = text.toLowerCase()
    return PLAIN_LABEL.test(lower) ? lower : escapedLabel(this.#packet.subarray(from, to))
  }

  #number(octets: 1 | 2 | 4): number {
    const from = this.#at
    this.skip(octets)
    return this.#isBroken ? 0 : this.#packet.readUIntBE(from, octets)
  }

  #upTo(end: number): Buffer {
    const from = this.#at
    this.goTo(end)
    return this.#packet.subarray(from, this.#isBroken ? from : end)
  }

  #broken(): string {
    this.#isBroken = true
    return ''
  }
}

const PLAIN_LABEL = /^[a-z0-9_-]+$/
const QUOTED_UNSAFE = /["\\]/
const LABEL_UNSAFE = /[.\\"();@$]/

function escapedLabel(octets: Buffer): string {
  // Why not String.toLowerCase: outside ASCII an octet is no letter.
  const lower = octets.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet))
  return escapedText(lower, LABEL_UNSAFE, 0x21)
}

/** @see RFC 1035 section 5.1 */
function escapedText(octets: Uint8Array, unsafe: RegExp, visibleFrom = 0x20): string {
  let text = ''
  for (const octet of octets) {
    const character = String.fromCharCode(octet)
    if (octet < visibleFrom || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`
    else text += unsafe.test(character) ? `\\${character}` : character
  }
  return text
}
