import type { DurationMs } from '@fingerpost/model/time'
import type { Supervised } from './supervisor.ts'

/** When, from the request to stop on, each step of the stop is over at the latest. */
export const STOP_DEADLINES_MS: readonly DurationMs[] = [2_500, 3_800, 4_300]

/** The steps: first what takes in, then the redirects, then what they may still ask. */
const STEPS: readonly (readonly string[])[] = [
  ['caddy', 'domain-manager'],
  ['edge', 'ask'],
  ['api-core'],
]

/**
 * Stops everything: each step once the one before is over or has had its time,
 * and after the last one whatever is left is ended.
 */
export async function stopInOrder(children: readonly Supervised[]): Promise<void> {
  const startedAt = performance.now()
  const stopping: Promise<void>[] = []
  for (const [index, names] of STEPS.entries()) {
    stopping.push(
      ...children.filter((child) => names.includes(child.name)).map((child) => child.stop()),
    )
    await within(Promise.all(stopping), startedAt + (STOP_DEADLINES_MS[index] ?? 0))
  }
  for (const child of children) child.kill()
  await Promise.all(stopping)
}

async function within(work: Promise<unknown>, deadline: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, Math.max(0, deadline - performance.now()))
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
