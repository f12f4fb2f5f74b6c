import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 25

/**
 * Looks until `look` gives something other than undefined or false, and gives that.
 *
 * @throws Error naming `what` when `withinMs` has passed; the last look comes after the deadline
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly withinMs: number },
): Promise<T> {
  const deadlineAt = performance.now() + options.withinMs
  for (;;) {
    const isLast = performance.now() >= deadlineAt
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (isLast) throw new Error(`Not within ${options.withinMs} ms: ${what}.`)
    await delay(POLL_MS)
  }
}
