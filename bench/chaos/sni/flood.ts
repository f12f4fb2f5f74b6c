import type { EpochMs } from '@fingerpost/model/time'
import { runNode } from '../../harness/processes.ts'
import type { UnknownNames } from './unknown-names.ts'

/** Which handshakes to begin, and how many at a time or in a second. */
export type FloodOptions = {
  readonly port: number
  /** The address that the connections come from, of 127.0.0.0/8. */
  readonly from: string
  readonly names: UnknownNames
  readonly pace:
    | { readonly kind: 'concurrency'; readonly concurrency: number }
    | { readonly kind: 'rate'; readonly ratePerS: number }
}

/** What became of the handshakes. */
export type FloodResult = {
  /** Ended by an alert. */
  readonly refused: number
  /** Answered with a handshake, so with a certificate. */
  readonly accepted: number
  readonly failed: number
  /** When the first began, after its process had started: that costs what no attacker costs. */
  readonly beganAt: EpochMs
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const FLOOD_MS_MAX = 300_000

/** Begins the handshakes from another process and tells what became of them. */
export async function flood(options: FloodOptions): Promise<FloodResult> {
  const script = 'bench/chaos/sni/flood-main.ts'
  const told = await runNode({ name: 'flood', script, options, core: undefined }, FLOOD_MS_MAX)
  const number = (key: keyof FloodResult): number => Number(told[key] ?? NaN)
  return {
    refused: number('refused'),
    accepted: number('accepted'),
    failed: number('failed'),
    beganAt: number('beganAt'),
    seconds: number('seconds'),
    p50Ms: number('p50Ms'),
    p99Ms: number('p99Ms'),
  }
}
