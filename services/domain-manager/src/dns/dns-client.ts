import { formatAddress, type Address } from '@fingerpost/chassis/environment'
import type { Clock } from '@fingerpost/chassis/clock'
import type { DurationMs } from '@fingerpost/model/time'
import { CNAMES_MAX, type DnsAnswer, type DnsType } from '../rules/dns-answer.ts'
import { readAnswer } from './read-answer.ts'
import type { DnsServer } from './resolver.ts'
import { ServerGate } from './server-gate.ts'
import { askOverTcp } from './tcp-exchange.ts'
import { UdpSockets, type UdpOutcome } from './udp-sockets.ts'
import { isAskable } from './wire-format.ts'

/** How patiently a server is asked. */
export type DnsPatience = {
  /** For each try. */
  readonly tryMs: DurationMs
  readonly tries: number
  /** For all tries together, TCP included. */
  readonly lookupMsMax: DurationMs
}

/** The patience of the checks: an answer that takes longer helps nobody. */
export const DNS_PATIENCE: DnsPatience = { tryMs: 1_500, tries: 2, lookupMsMax: 5_000 }

/**
 * Questions at once to one resolver, and how many wait besides; more are not asked.
 *
 * Why not more at once: 256 that come in one burst overflow the usual buffer of
 * a socket, and what is lost there is asked again only after a whole try.
 */
export const RESOLVER_LIMITS = { inFlightMax: 128, waitingMax: 10_000 }

/** One question to one server. */
export type Exchange = {
  readonly server: Address
  readonly name: string
  readonly type: DnsType
  /** Whether the server is a resolver, which is to find the answer elsewhere. */
  readonly isRecursive: boolean
}

/** What asking needs. */
export type ExchangeDeps = {
  readonly sockets: UdpSockets
  readonly patience: DnsPatience
  readonly clock: Pick<Clock, 'now'>
}

/** Gives one resolver, asked by itself: what a list of them agrees on is decided elsewhere. */
export function dnsResolver(
  server: Address,
  deps: { readonly patience: DnsPatience; readonly clock: Pick<Clock, 'now'> },
): DnsServer {
  const sockets = new UdpSockets(server)
  const gate = new ServerGate({ ...RESOLVER_LIMITS, waitMsMax: deps.patience.lookupMsMax })
  const lookup = async (name: string, type: DnsType, signal: AbortSignal): Promise<DnsAnswer> => {
    const exchange = { server, name, type, isRecursive: true }
    const ask = (): Promise<DnsAnswer> => askServer(exchange, signal, { ...deps, sockets })
    return (await gate.pass(ask, signal)) ?? { kind: 'failed', failure: 'timeout' }
  }
  return {
    name: formatAddress(server),
    lookup: (name, type, signal) =>
      type === 'CAA' ? lookupToTheEnd(name, type, signal, lookup) : lookup(name, type, signal),
  }
}

/** Asks one server one question, again when it is silent, over TCP when the answer is long. */
export async function askServer(
  { server, name, type, isRecursive }: Exchange,
  signal: AbortSignal,
  { sockets, patience, clock }: ExchangeDeps,
): Promise<DnsAnswer> {
  // Why: a text that is no DNS name, published as a CNAME's target, names nothing.
  if (!isAskable(name)) return { kind: 'nxdomain' }
  const endsAt = performance.now() + patience.lookupMsMax
  let hasEdns = true
  let outcome: UdpOutcome = 'timeout'
  for (let tries = 0; tries < patience.tries; tries += 1) {
    const timeoutMs = Math.min(patience.tryMs, endsAt - performance.now())
    if (signal.aborted || timeoutMs <= 0) break
    const question = { name, type, isRecursive, hasEdns }
    outcome = await sockets.ask(server, question, timeoutMs, signal)
    if (typeof outcome === 'object' && outcome.isTruncated) {
      outcome = await askOverTcp(server, question, endsAt - performance.now(), signal)
    }
    if (typeof outcome === 'object') {
      if (outcome.rcode !== FORMERR || !hasEdns) break
      // Why: old servers take what EDNS adds for an error in the question.
      hasEdns = false
    }
  }
  if (typeof outcome === 'string') return { kind: 'failed', failure: outcome }
  return readAnswer(outcome, { name, type }, clock.now())
}

const FORMERR = 1

type Lookup = (name: string, type: DnsType, signal: AbortSignal) => Promise<DnsAnswer>

/** Goes on by itself where a server's answer stops at a CNAME. */
async function lookupToTheEnd(
  name: string,
  type: DnsType,
  signal: AbortSignal,
  lookup: Lookup,
): Promise<DnsAnswer> {
  const names = [name]
  for (;;) {
    const answer = await lookup(names.at(-1) ?? name, type, signal)
    const isIncomplete = answer.kind === 'failed' && answer.failure === 'incomplete'
    const { details } = answer
    const chain = [...names.slice(1), ...(details?.chain ?? [])]
    const next = chain.at(-1)
    const isEnd = !isIncomplete || next === undefined || names.includes(next)
    if (isEnd || chain.length > CNAMES_MAX) {
      // Why the whole way: who looks for records has to know where they stand.
      return details === undefined ? answer : { ...answer, details: { ...details, chain } }
    }
    names.push(...chain.slice(names.length - 1))
  }
}
