import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { totalmem } from 'node:os'

const MIB = 1_048_576

// Why taken off: V8's limit covers the young generation as well, three times a semi-space of at
// most 32 MiB, and a process dies when the old generation alone is full.
const YOUNG_OCTETS_MAX = 96 * MIB

/**
 * Gives how full the fullest memory of this process is that has a limit: V8's
 * old generation, and what the operating system grants the process.
 *
 * @param processCount how many processes share what the operating system grants
 */
export function usedMemoryShare(processCount: number): number {
  return Math.max(usedHeapShare(), usedGrantShare(processCount))
}

function usedHeapShare(): number {
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics()
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  // Why at least a quarter: with smaller semi-spaces, which can be set, less is taken by them.
  const oldMax = Math.max(limit - YOUNG_OCTETS_MAX, limit / 4)
  return (used - (young?.space_used_size ?? 0)) / oldMax
}

function usedGrantShare(processCount: number): number {
  const granted = process.constrainedMemory()
  // Why the comparison: without a limit the operating system says an impossible number, or 0.
  if (granted <= 0 || granted > totalmem()) return 0
  return (process.memoryUsage.rss() * processCount) / granted
}
