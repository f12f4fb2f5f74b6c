import { setTimeout as delay } from 'node:timers/promises'

/**
 * Begins so many tasks a second for a while, whether the earlier ones are done or not; settles
 * when all of them are.
 */
export async function atRate(
  options: { readonly ratePerS: number; readonly seconds: number },
  task: (index: number) => Promise<void>,
): Promise<void> {
  const { ratePerS, seconds } = options
  const beganAt = performance.now()
  const tasks: Promise<void>[] = []
  while (tasks.length < ratePerS * seconds) {
    const due = Math.floor(((performance.now() - beganAt) * ratePerS) / 1000)
    while (tasks.length < Math.min(due, ratePerS * seconds)) tasks.push(task(tasks.length))
    await delay(1)
  }
  await Promise.all(tasks)
}

/** Runs tasks one after the other, `concurrency` of them at a time. */
export async function inParallel(
  options: { readonly count: number; readonly concurrency: number },
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const run = async (): Promise<void> => {
    while (next < options.count) {
      next += 1
      await task(next - 1)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, run))
}
