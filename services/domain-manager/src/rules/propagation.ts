import type { Propagation } from '@fingerpost/model/domain-check'
import type { EpochMs } from '@fingerpost/model/time'
import type { DnsAnswer } from './dns-answer.ts'

/** A server that holds an older answer. */
export type StaleLook = {
  readonly server: string
  /** One of the zone's own servers holds it until it is changed there, however long that takes. */
  readonly isAuthority?: boolean
  readonly keptUntil?: EpochMs | undefined
}

/** Gives what is still under way when these servers hold older answers; undefined: nothing. */
export function propagationAt(stale: readonly StaleLook[]): Propagation | undefined {
  if (stale.length === 0) return undefined
  const ends = stale.flatMap(({ isAuthority, keptUntil }) =>
    isAuthority === true || keptUntil === undefined ? [] : [keptUntil],
  )
  return {
    until: ends.length < stale.length ? undefined : Math.max(...ends),
    servers: stale.map(({ server }) => server),
  }
}

/**
 * Gives until when a server may keep the last of its answers; undefined: one
 * of them does not say.
 */
export function keptUntilOf(answers: readonly DnsAnswer[]): EpochMs | undefined {
  let until: EpochMs | undefined
  for (const { kind, details } of answers) {
    if (kind === 'failed') continue
    if (details?.ttlS === undefined) return undefined
    until = Math.max(until ?? 0, details.at + details.ttlS * 1_000)
  }
  return until
}
