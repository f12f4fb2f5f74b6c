import { getServers, promises } from 'node:dns'
import type { DurationMs } from '@fingerpost/model/time'
import { formatAddress, type Address } from '@fingerpost/chassis/environment'
import { isErrno } from '@fingerpost/chassis/atomic-file'
import type { DnsAnswer, DnsFailure, DnsType } from '../rules/dns-answer.ts'
import type { DnsServer } from './resolver.ts'

/** How patiently a server is asked. */
export type DnsPatience = {
  /** For the first try; the library waits longer for the next ones. */
  readonly tryMs: DurationMs
  readonly tries: number
  /** For all tries together. */
  readonly lookupMsMax: DurationMs
}

/** The patience of the checks: an answer that takes longer helps nobody. */
export const DNS_PATIENCE: DnsPatience = { tryMs: 1_500, tries: 2, lookupMsMax: 5_000 }

/**
 * Gives one DNS server, asked by itself.
 *
 * Several servers in one resolver are no quorum: Node takes the first one's
 * SERVFAIL, REFUSED or NXDOMAIN as the answer.
 */
export function systemResolver(address: Address, patience: DnsPatience): DnsServer {
  const { tryMs, tries, lookupMsMax } = patience
  const resolver = new promises.Resolver({ timeout: tryMs, tries })
  resolver.setServers([formatAddress(address)])
  return {
    name: formatAddress(address),
    lookup: (name, type, signal) =>
      answerWithin(valuesOf(resolver, name, type), lookupMsMax, signal),
  }
}

/** The addresses of the resolvers that the system uses, as `ip` or `ip:port`. */
export function systemServerAddresses(): readonly string[] {
  return getServers()
}

// Why not left to the library alone: its own limits add up over tries and TCP.
async function answerWithin(
  values: Promise<readonly string[]>,
  durationMs: DurationMs,
  signal: AbortSignal,
): Promise<DnsAnswer> {
  const { promise: timeout, resolve } = Promise.withResolvers<DnsAnswer>()
  const giveUp = (): void => resolve(TIMEOUT)
  const timer = setTimeout(giveUp, durationMs)
  signal.addEventListener('abort', giveUp, { once: true })
  if (signal.aborted) giveUp()
  try {
    return await Promise.race([timeout, values.then(answerOf, answerOfError)])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

const TIMEOUT: DnsAnswer = { kind: 'failed', failure: 'timeout' }

async function valuesOf(
  resolver: promises.Resolver,
  name: string,
  type: DnsType,
): Promise<readonly string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name)
    case 'AAAA':
      return resolver.resolve6(name)
    case 'CNAME':
      return (await resolver.resolveCname(name)).map(canonicalName)
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((chunks) => chunks.join(''))
    default:
      return type satisfies never
  }
}

function answerOf(values: readonly string[]): DnsAnswer {
  // Why: an empty list comes when the answer has a CNAME but not what it leads to.
  if (values.length === 0) return { kind: 'failed', failure: 'incomplete' }
  return { kind: 'found', values }
}

function answerOfError(error: unknown): DnsAnswer {
  if (isErrno(error, 'ENODATA')) return { kind: 'no_data' }
  if (isErrno(error, 'ENOTFOUND')) return { kind: 'nxdomain' }
  // Why: a text that is no DNS name, published as a CNAME's target, names nothing.
  if (isErrno(error, 'EBADNAME')) return { kind: 'nxdomain' }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return { kind: 'failed', failure: FAILURES[code] ?? 'malformed' }
}

const FAILURES: Readonly<Record<string, DnsFailure>> = {
  ESERVFAIL: 'servfail',
  EREFUSED: 'refused',
  ETIMEOUT: 'timeout',
  ECANCELLED: 'timeout',
  ECONNREFUSED: 'unreachable',
}

function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
