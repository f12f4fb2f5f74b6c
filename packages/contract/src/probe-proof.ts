import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'

/** Under this path the edge answers a nonce; the nonce follows. */
export const PROBE_PATH = '/.well-known/fingerpost/'

/** How many random octets a nonce is made of. */
export const PROBE_RANDOM_OCTETS = 11

// Six octets hold milliseconds for 8,900 years. All three make 33, which base64url writes in 44
// characters without a rest, so that there is one spelling of each nonce only.
const EXPIRY_OCTETS = 6
const MAC_OCTETS = 16
const NONCE = /^[\w-]{44}$/
const ANSWER = /^[\w-]{43}$/

/**
 * The proof that a request to a hostname arrives at our own edge: domain-manager
 * makes a nonce, and only who holds the installation's secret can answer it, for
 * this hostname and for a limited time. It proves routing, never ownership:
 * whoever passes requests on to us has our answers.
 */
export class ProbeProof {
  readonly #key: Buffer

  /** @param secret what the services of one installation share */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, 'fingerpost', 'routing probe 1', 32))
  }

  /** Makes a nonce. @param random `PROBE_RANDOM_OCTETS` random octets */
  makeNonce(expiresAt: EpochMs, random: Buffer): string {
    const expiry = Buffer.alloc(EXPIRY_OCTETS)
    expiry.writeUIntBE(expiresAt, 0, EXPIRY_OCTETS)
    const signed = Buffer.concat([expiry, random.subarray(0, PROBE_RANDOM_OCTETS)])
    return Buffer.concat([signed, this.#signatureOf(signed)]).toString('base64url')
  }

  /**
   * Gives the answer to a nonce on a hostname; undefined when it is none of
   * ours, or no longer. Why it is none is told to nobody.
   */
  answer(nonce: string, hostname: Hostname, now: EpochMs): string | undefined {
    if (!NONCE.test(nonce)) return undefined
    const octets = Buffer.from(nonce, 'base64url')
    const signed = octets.subarray(0, -MAC_OCTETS)
    const isOurs = timingSafeEqual(this.#signatureOf(signed), octets.subarray(-MAC_OCTETS))
    if (!isOurs || now >= octets.readUIntBE(0, EXPIRY_OCTETS)) return undefined
    return this.#answerTo(nonce, hostname).toString('base64url')
  }

  /** Tells whether a text is our answer to a nonce on a hostname. */
  isAnswer(text: string, nonce: string, hostname: Hostname): boolean {
    if (!ANSWER.test(text)) return false
    return timingSafeEqual(Buffer.from(text, 'base64url'), this.#answerTo(nonce, hostname))
  }

  #signatureOf(signed: Buffer): Buffer {
    return this.#mac('nonce', signed).subarray(0, MAC_OCTETS)
  }

  #answerTo(nonce: string, hostname: Hostname): Buffer {
    return this.#mac('answer', `${nonce} ${hostname}`)
  }

  // Why the word before it: what was made for one purpose is nothing in the other.
  #mac(purpose: 'nonce' | 'answer', data: string | Buffer): Buffer {
    return createHmac('sha256', this.#key).update(`${purpose} `).update(data).digest()
  }
}
