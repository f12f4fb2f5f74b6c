import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RateLoadOptions, RateLoadResult, RateRequest } from '../load/rate-load-options.ts'
import { runNode } from './processes.ts'

const CONNECTIONS_MAX = 64
const REDIRECT = 302
const SCRIPT = 'bench/load/rate-load.ts'

/** Sends requests at a fixed rate from a process of its own. */
export async function runRateLoad(options: {
  readonly port: number
  readonly requests: readonly RateRequest[]
  readonly ratePerS: number
  readonly seconds: number
  /** For the file that the requests are handed over in. */
  readonly directory: string
  readonly core: number | undefined
  /** The status that counts as an answer; 302 unless told. */
  readonly status?: number
}): Promise<RateLoadResult> {
  const { port, requests, ratePerS, seconds, directory, core } = options
  const requestsFile = join(directory, `requests-${port}.json`)
  await writeFile(requestsFile, JSON.stringify(requests))
  const load: RateLoadOptions = {
    port,
    requestsFile,
    ratePerS,
    seconds,
    connectionsMax: CONNECTIONS_MAX,
    status: options.status ?? REDIRECT,
  }
  const msMax = seconds * 1000 + 60_000
  const result = await runNode({ name: 'rate-load', script: SCRIPT, options: load, core }, msMax)
  return result as unknown as RateLoadResult
}
