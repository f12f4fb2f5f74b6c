import { createHmac } from 'node:crypto'
import type { EpochMs } from '@fingerpost/model/time'

/** What is signed: the notice, the second of the attempt, and the body exactly as it is sent. */
export type SignedContent = {
  readonly id: string
  readonly at: EpochMs
  readonly body: string
}

const SECRET_PREFIX = 'whsec_'

/**
 * Gives the headers that prove to an endpoint who sends, what, and when.
 *
 * @param secret `whsec_` and the key in base64
 * @see standardwebhooks.com, "Signature scheme" (symmetric, `v1`)
 */
export function signatureHeaders(
  content: SignedContent,
  secret: string,
): Readonly<Record<string, string>> {
  const { id, at, body } = content
  const timestamp = String(Math.floor(at / 1_000))
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
}
