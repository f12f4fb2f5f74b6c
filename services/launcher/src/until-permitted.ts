import { formatAddress, type Address } from '@fingerpost/chassis/environment'
import type { Clock } from '@fingerpost/chassis/clock'
import type { DurationMs } from '@fingerpost/model/time'

const POLL_MS: DurationMs = 50
const PERMITTED_MS_MAX: DurationMs = 5_000

/**
 * Waits until ask, which hears of a new domain a moment later,
 * permits its certificate: so that the summary offers what works already.
 * Gives up without a word; Caddy asks again at each connection.
 */
export async function untilPermitted(
  hostname: string,
  ask: Address,
  context: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PERMITTED_MS_MAX)])
  // Why not /ask: each "no" there is a line in its log.
  const url = `http://${formatAddress(ask)}/status/${hostname}`
  while (!signal.aborted) {
    if (await permits(url, signal)) return
    await context.clock.sleep(POLL_MS, signal)
  }
}

async function permits(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal })
    return (await answer.text()).includes('"decision":"allowed"')
  } catch {
    // Why ignored: ask may not listen yet; then it is asked again.
    return false
  }
}
