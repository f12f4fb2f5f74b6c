import type { Delivery, DeliveryReceiver } from '@fingerpost/contract/core-api'
import type { EpochMs } from '@fingerpost/model/time'
import type { GuardedAnswer, GuardedFailure } from '../outgoing/guarded-request.ts'
import type { OutgoingLimits, OutgoingRequest } from '../outgoing/pinned-request.ts'
import { judgeWebhookAnswer, type DeliveryAttempt } from '../rules/webhook-answer.ts'
import { signatureHeaders } from './webhook-signature.ts'

/** How long an endpoint may take, and how much of its answer is read: nothing in it counts. */
export const WEBHOOK_LIMITS: OutgoingLimits = {
  totalMsMax: 15_000,
  connectMsMax: 5_000,
  headerOctetsMax: 16_384,
  bodyOctetsMax: 1_024,
}

/** What sending to an endpoint needs. */
export type SendWebhookDeps = {
  /** Refuses addresses that are not public and follows no redirect. */
  readonly request: (request: OutgoingRequest, signal: AbortSignal) => Promise<GuardedAnswer>
  readonly now: () => EpochMs
}

/**
 * Sends a notice to an endpoint, signed.
 *
 * @param signal when it aborts, the attempt is given up; its result then says nothing
 */
export async function sendWebhook(
  delivery: Pick<Delivery, 'noticeId' | 'payload'>,
  to: Extract<DeliveryReceiver, { kind: 'webhook' }>,
  signal: AbortSignal,
  deps: SendWebhookDeps,
): Promise<DeliveryAttempt> {
  if (!URL.canParse(to.url)) return failed('The URL of the endpoint is none.')
  const content = { id: delivery.noticeId, at: deps.now(), body: delivery.payload }
  let status: number | undefined
  const request: OutgoingRequest = {
    url: new URL(to.url),
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Fingerpost-Webhooks/1',
      ...signatureHeaders(content, to.secret),
    },
    body: delivery.payload,
    onHead: (given) => {
      status = given
    },
  }
  const answer = await deps.request(request, signal)
  switch (answer.kind) {
    case 'answered': {
      const retryAfter = answer.headers['retry-after']
      const asked = typeof retryAfter === 'string' ? retryAfter : undefined
      return judgeWebhookAnswer(answer.status, asked, deps.now())
    }
    case 'refused_address':
      // Why not said which: what the server's own network has is nobody's business.
      return failed('The name of the endpoint leads to a private address, which is not allowed.')
    case 'failed':
      // Why: an endpoint that has answered is not sent it again for the rest of its answer.
      if (status !== undefined) return judgeWebhookAnswer(status, undefined, deps.now())
      return failed(FAILURE_WORDS[answer.what])
    default:
      return answer satisfies never
  }
}

function failed(error: string): DeliveryAttempt {
  return { kind: 'failed', error, httpStatus: undefined, retryAfterMs: undefined, isFinal: false }
}

const FAILURE_WORDS: Readonly<Record<GuardedFailure, string>> = {
  lookup_failed: 'The name of the endpoint has no address that could be looked up.',
  no_route: 'The network has no way to the endpoint.',
  refused: 'The endpoint refused the connection.',
  timeout: `The endpoint did not answer within ${WEBHOOK_LIMITS.totalMsMax / 1_000} seconds.`,
  broken: 'The endpoint ended the connection without an answer.',
  tls: 'There is no valid certificate for the name of the endpoint.',
  malformed: 'The endpoint answered something that is no HTTP.',
  cancelled: 'The attempt was cancelled.',
  not_sent: 'The request could not be sent.',
}
