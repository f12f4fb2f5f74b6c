import { latenciesOf, type Latencies } from '../harness/statistics.ts'

/** Durations by group, told on SIGUSR2. */
export type Timings = { note(group: string, ms: number): void }

/** What a process tells of its durations. */
export type ToldTimings = { readonly timings: Readonly<Record<string, Latencies>> }

/** Notes durations, and on each SIGUSR2 prints them as a line of JSON and begins anew. */
export function answerOnSignal(): Timings {
  const groups = new Map<string, number[]>()
  process.on('SIGUSR2', () => {
    const told = Object.fromEntries([...groups].map(([group, ms]) => [group, latenciesOf(ms)]))
    groups.clear()
    process.stdout.write(`${JSON.stringify({ timings: told })}\n`)
  })
  return {
    note: (group, ms) => {
      const list = groups.get(group)
      if (list === undefined) groups.set(group, [ms])
      else list.push(ms)
    },
  }
}
