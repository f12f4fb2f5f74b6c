import { PROBE_PATH, type ProbeProof } from '@fingerpost/contract/probe-proof'
import { canonicalHostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'

/** What proves that requests arrive here. */
export type ProbeAnswers = Pick<ProbeProof, 'answer'>

/** An answer to a probe, ready to be sent. */
export type ProbeAnswer = {
  readonly status: 200
  readonly body: Buffer
  /** Names and values in turn. */
  readonly headers: readonly string[]
}

/**
 * Gives the answer to a probe of routing by our own installation; undefined
 * when a request is none. It needs no domain, for routing can be proved while
 * nothing is known of one yet, and it says nothing of any.
 *
 * @param requestTarget only the exact spelling of the path is a probe
 */
export function probeAnswerOf(
  { host, requestTarget }: { readonly host: string | undefined; readonly requestTarget: string },
  now: EpochMs,
  probe: ProbeAnswers,
): ProbeAnswer | undefined {
  if (host === undefined || !requestTarget.startsWith(PROBE_PATH)) return undefined
  const hostname = canonicalHostname(host)
  if (hostname === undefined) return undefined
  const text = probe.answer(requestTarget.slice(PROBE_PATH.length), hostname, now)
  if (text === undefined) return undefined
  const body = Buffer.from(text)
  return { status: 200, body, headers: [...HEADERS, 'Content-Length', String(body.length)] }
}

const HEADERS = [
  'Content-Type',
  'text/plain; charset=utf-8',
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
]
