import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** What became of an attempt to deliver. */
export type DeliveryAttempt =
  | { readonly kind: 'delivered'; readonly httpStatus: number | undefined }
  | {
      readonly kind: 'failed'
      /** A sentence for the owner of the receiver. */
      readonly error: string
      readonly httpStatus: number | undefined
      /** What the receiver asked for; undefined: nothing. */
      readonly retryAfterMs: DurationMs | undefined
      /** Whether it would fail again, however often it is tried. */
      readonly isFinal: boolean
    }

/**
 * Judges the answer of an endpoint: every 2xx is a delivery and nothing else is.
 * A redirect is not followed, since it could lead anywhere.
 *
 * @param retryAfter the header's value, as it came
 * @see RFC 9110 sections 10.2.3 (Retry-After) and 15; standardwebhooks.com on 410
 */
export function judgeWebhookAnswer(
  status: number,
  retryAfter: string | undefined,
  now: EpochMs,
): DeliveryAttempt {
  if (status >= 200 && status < 300) return { kind: 'delivered', httpStatus: status }
  const mayAsk = status === 429 || status === 503
  return {
    kind: 'failed',
    error: errorOf(status),
    httpStatus: status,
    retryAfterMs: mayAsk ? readRetryAfter(retryAfter, now) : undefined,
    isFinal: status === GONE,
  }
}

const GONE = 410

function errorOf(status: number): string {
  if (status >= 300 && status < 400) {
    return `The endpoint answered ${status}: redirects are not followed. Set the URL it leads to.`
  }
  if (status === GONE) return 'The endpoint answered 410: it wants nothing more.'
  return `The endpoint answered ${status}; 200 to 299 is expected.`
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

function readRetryAfter(text: string | undefined, now: EpochMs): DurationMs | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const at = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
