import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** Most hostnames whose certificates' ends are remembered; the least recently seen make room. */
export const EXPIRIES_MAX = 200_000

/** A hostname that nobody looked at for this long does not count any more. */
export const EXPIRY_FORGOTTEN_MS: DurationMs = 86_400_000

/** When the certificates end that handshakes have shown, for the metric of the next one to end. */
export class CertificateExpiries {
  readonly #ends = new Map<Hostname, { readonly notAfter: EpochMs; readonly seenAt: EpochMs }>()

  note(hostname: Hostname, notAfter: EpochMs, seenAt: EpochMs): void {
    this.#ends.delete(hostname)
    this.#ends.set(hostname, { notAfter, seenAt })
    if (this.#ends.size <= EXPIRIES_MAX) return
    const [oldest] = this.#ends.keys()
    if (oldest !== undefined) this.#ends.delete(oldest)
  }

  /** The next end of all, past ones included; undefined: none was seen lately. */
  earliest(now: EpochMs): EpochMs | undefined {
    let earliest: EpochMs | undefined
    for (const [hostname, { notAfter, seenAt }] of this.#ends) {
      if (now - seenAt > EXPIRY_FORGOTTEN_MS) this.#ends.delete(hostname)
      else if (earliest === undefined || notAfter < earliest) earliest = notAfter
    }
    return earliest
  }
}
