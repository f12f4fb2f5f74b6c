import { formatAddress, type Address } from '@fingerpost/chassis/environment'
import type { Clock } from '@fingerpost/chassis/clock'
import type { DurationMs } from '@fingerpost/model/time'

const POLL_MS: DurationMs = 50
const PERMITTED_MS_MAX: DurationMs = 5_000

/**
 * Waits until domain-manager, which hears of a new domain a moment later,
 * permits its certificate: so that the summary offers what works already.
 * Gives up without a word; Caddy asks again at each connection.
 */
export async function untilPermitted(
  hostname: string,
  ask: Address,
  context: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PERMITTED_MS_MAX)])
  const url = `http://${formatAddress(ask)}/ask?domain=${hostname}`
  while (!signal.aborted) {
    const answer = await fetch(url, { signal }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok === true) return
    await context.clock.sleep(POLL_MS, signal)
  }
}
