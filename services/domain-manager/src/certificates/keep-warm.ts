import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { CertificateRecord } from '@fingerpost/contract/core-api'
import type { CertificateFacts, SeenCertificate } from '@fingerpost/model/certificate'
import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs } from '@fingerpost/model/time'
import { renewalAlarm } from '../rules/certificate-alarm.ts'
import { handshakeEvidence } from '../rules/certificate-evidence.ts'
import type { HandshakeOutcome } from './handshake.ts'

/**
 * Most hostnames that wait for a first certificate, and most others that wait for their handshake;
 * more are left to their next check. Why two: first ones that never succeed must not keep
 * certificates that are there from being renewed.
 */
export const WARM_QUEUE_MAX = 20_000

/** Most handshakes at once with hostnames whose certificate was seen. */
export const KNOWN_RUNNING_MAX = 16
/** Most at once with hostnames that have none yet: each waits for the CA. */
export const FIRST_RUNNING_MAX = 200

/** Between two first handshakes: Caddy's ACME library begins at most 10 orders in 10 s. */
export const FIRST_PAUSE_MS: DurationMs = 1_100

/** What began longer ago was not issued just now: CAs set the beginning back by up to an hour. */
const NEW_MS: DurationMs = 2 * 3_600_000

/** How long a first handshake may take: Caddy gives an issuance 180 s. */
export const FIRST_MS_MAX: DurationMs = 190_000
/** The same for others: Caddy gives a renewal that a handshake waits for 90 s. */
export const KNOWN_MS_MAX: DurationMs = 100_000

/** A hostname to make a handshake with. */
export type WarmRequest = {
  readonly hostname: Hostname
  /** What was known of its certificate; without a seen one, a first issuance is expected. */
  readonly certificate: CertificateFacts
}

/** What keeping warm needs. */
export type KeepWarmDeps = {
  readonly handshake: (
    hostname: Hostname,
    deadlineMs: DurationMs,
    signal: AbortSignal,
  ) => Promise<HandshakeOutcome>
  /** Told what was learned, in its order; must return at once. */
  readonly onNews: (record: CertificateRecord) => void
  readonly onOutcome: (request: WarmRequest, outcome: HandshakeOutcome) => void
  /** The address of Caddy, as `host:port`. */
  readonly server: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Makes handshakes with Caddy in the background, so that the first visitor of a hostname does not
 * wait for its certificate and quiet hostnames are renewed. First issuances go first.
 */
export class KeepWarm {
  readonly #deps: KeepWarmDeps
  readonly #signal: AbortSignal
  readonly #first = new Map<Hostname, WarmRequest>()
  readonly #known = new Map<Hostname, WarmRequest>()
  readonly #runningFirst = new Map<Hostname, Promise<void>>()
  readonly #runningKnown = new Map<Hostname, Promise<void>>()
  /** The pause after the last first handshake that began; undefined: it is over. */
  #pause: AbortController | undefined

  /** @param signal ends everything */
  constructor(signal: AbortSignal, deps: KeepWarmDeps) {
    this.#signal = signal
    this.#deps = deps
  }

  /** How many hostnames wait. */
  get waiting(): number {
    return this.#first.size + this.#known.size
  }

  /**
   * Asks for a handshake and returns at once.
   *
   * @returns false when too many wait; a hostname that waits already, or whose handshake runs, is
   *   not asked for twice
   */
  warm(request: WarmRequest): boolean {
    const { hostname, certificate } = request
    if (this.#signal.aborted) return false
    if (this.#runningFirst.has(hostname) || this.#runningKnown.has(hostname)) return true
    const isFirst = certificate.seen === undefined
    const [queue, other] = isFirst ? [this.#first, this.#known] : [this.#known, this.#first]
    other.delete(hostname)
    if (!queue.has(hostname) && queue.size >= WARM_QUEUE_MAX) return false
    queue.set(hostname, request)
    this.#go()
    return true
  }

  /** Settles when no handshake runs; for a stop, after the signal. */
  async idle(): Promise<void> {
    await Promise.all([...this.#runningFirst.values(), ...this.#runningKnown.values()])
  }

  #go(): void {
    if (this.#signal.aborted) return
    if (this.#pause === undefined && this.#runningFirst.size < FIRST_RUNNING_MAX) {
      const request = takeOldest(this.#first)
      if (request !== undefined) {
        const pause = new AbortController()
        void this.#rest(pause)
        this.#start(request, this.#runningFirst, FIRST_MS_MAX, pause)
      }
    }
    while (this.#runningKnown.size < KNOWN_RUNNING_MAX) {
      const request = takeOldest(this.#known)
      if (request === undefined) break
      this.#start(request, this.#runningKnown, KNOWN_MS_MAX)
    }
  }

  async #rest(pause: AbortController): Promise<void> {
    this.#pause = pause
    await this.#deps.clock.sleep(FIRST_PAUSE_MS, AbortSignal.any([this.#signal, pause.signal]))
    this.#pause = undefined
    this.#go()
  }

  #start(
    request: WarmRequest,
    running: Map<Hostname, Promise<void>>,
    deadlineMs: DurationMs,
    pause?: AbortController,
  ): void {
    const look = async (): Promise<void> => {
      const seen = await this.#look(request, deadlineMs)
      // Why: nothing was ordered, so that the next one need not wait. After an update all that
      // have certificates are looked at for the first time.
      if (seen !== undefined && this.#deps.clock.now() - seen.notBefore > NEW_MS) pause?.abort()
    }
    const run = look().finally(() => {
      running.delete(request.hostname)
      this.#go()
    })
    running.set(request.hostname, run)
  }

  /** @returns the certificate that was seen */
  async #look(request: WarmRequest, deadlineMs: DurationMs): Promise<SeenCertificate | undefined> {
    const { hostname, certificate: known } = request
    const { handshake, onNews, onOutcome, server, clock, log } = this.#deps
    const outcome = await handshake(hostname, deadlineMs, this.#signal)
    if (this.#signal.aborted) return undefined
    onOutcome(request, outcome)
    if (outcome.kind !== 'seen') {
      log.debug({ hostname, outcome }, 'no certificate seen')
      return undefined
    }
    const seenAt = clock.now()
    const { certificate } = outcome
    const evidence = [handshakeEvidence(certificate, { hostname, server, at: seenAt })]
    onNews({ hostname, seenAt, news: { kind: 'seen', certificate }, evidence })
    const error = renewalAlarm(known, certificate, { hostname, now: seenAt })
    if (error === undefined) return certificate
    log.warn({ hostname, not_after: certificate.notAfter }, 'certificate was not renewed in time')
    const overdue = { kind: 'failed', error, nextAttemptAt: undefined } as const
    onNews({ hostname, seenAt, news: overdue, evidence })
    return certificate
  }
}

function takeOldest(queue: Map<Hostname, WarmRequest>): WarmRequest | undefined {
  for (const [hostname, request] of queue) {
    queue.delete(hostname)
    return request
  }
  return undefined
}
