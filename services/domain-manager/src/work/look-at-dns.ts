import { isAtOrUnder } from '@fingerpost/model/hostname'
import {
  CNAMES_MAX,
  type ChainEnd,
  type CnameChain,
  type DnsAnswer,
  type DnsType,
} from '../rules/dns-answer.ts'
import type { OwnershipLook } from '../rules/ownership-observation.ts'
import { keptUntilOf } from '../rules/propagation.ts'
import type { AddressLook, RoutingLook } from '../rules/routing-observation.ts'

/** Asks one server; what it is called and whose word it is. */
export type Asked = {
  readonly server: string
  /** The zone that the server speaks for; undefined: a resolver, which asks others. */
  readonly zone: string | undefined
  ask(name: string, type: DnsType): Promise<DnsAnswer>
}

/** Looks at the TXT record that proves ownership. */
export async function lookAtOwnership(asked: Asked, name: string): Promise<OwnershipLook> {
  const txt = await asked.ask(name, 'TXT')
  const { chain, answers } = await chainOfTxt(asked, name, txt)
  return {
    server: asked.server,
    isAuthority: asked.zone !== undefined,
    chain,
    txt,
    keptUntil: keptUntilOf([txt, ...answers]),
  }
}

type Followed = { readonly chain: CnameChain; readonly answers: readonly DnsAnswer[] }

async function chainOfTxt(asked: Asked, name: string, txt: DnsAnswer): Promise<Followed> {
  const { zone } = asked
  const targets = txt.details?.chain ?? []
  const leaves = zone !== undefined && targets.some((target) => !isAtOrUnder(target, zone))
  if (leaves) return { chain: { targets, end: { kind: 'leaves' } }, answers: [] }
  // Why not followed: without a TXT answer the way to it says nothing, and a server that was
  // silent once would be waited for again at each step.
  if (txt.kind === 'failed') {
    return { chain: { targets, end: { kind: 'failed', failure: txt.failure } }, answers: [] }
  }
  // Why followed only without a whole answer: the one for TXT has the CNAME records in it.
  if (txt.details === undefined) return followCnames(asked, name, undefined)
  const end: ChainEnd = targets.length > CNAMES_MAX ? { kind: 'too_long' } : { kind: 'name' }
  return { chain: { targets, end }, answers: [] }
}

/** Looks at where a hostname leads, but not yet at our own addresses. */
export async function lookAtRouting(
  asked: Asked,
  { hostname, cnameTarget }: { readonly hostname: string; readonly cnameTarget: string },
): Promise<Omit<RoutingLook, 'seesToken' | 'targetAddresses'>> {
  const { chain, answers } = await followCnames(asked, hostname, cnameTarget)
  const addresses =
    chain.end.kind === 'name' ? await lookAtAddresses(asked, endOf(chain, hostname)) : undefined
  return {
    server: asked.server,
    isAuthority: asked.zone !== undefined,
    chain,
    addresses,
    keptUntil: keptUntilOf([...answers, ...(addresses ? [addresses.a, addresses.aaaa] : [])]),
  }
}

/** Asks for both kinds of addresses of a name. */
export async function lookAtAddresses(asked: Asked, name: string): Promise<AddressLook> {
  const [a, aaaa] = await Promise.all([asked.ask(name, 'A'), asked.ask(name, 'AAAA')])
  return { a, aaaa }
}

/**
 * Follows CNAME records one by one: asked for addresses, a server hides which
 * name of a chain it could not find.
 */
async function followCnames(
  asked: Asked,
  name: string,
  wanted: string | undefined,
): Promise<Followed> {
  const { zone } = asked
  const targets: string[] = []
  const answers: DnsAnswer[] = []
  const seen = new Set([name])
  const ended = (end: ChainEnd): Followed => ({ chain: { targets, end }, answers })
  for (;;) {
    const answer = await asked.ask(endOf({ targets }, name), 'CNAME')
    answers.push(answer)
    if (answer.kind === 'failed') return ended({ kind: 'failed', failure: answer.failure })
    if (answer.kind === 'nxdomain') return ended({ kind: 'nxdomain' })
    const target = answer.kind === 'found' ? answer.values[0] : undefined
    if (target === undefined) return ended({ kind: 'name' })
    targets.push(target)
    if (target === wanted) return ended({ kind: 'target' })
    if (seen.has(target)) return ended({ kind: 'loop' })
    if (targets.length >= CNAMES_MAX) return ended({ kind: 'too_long' })
    if (zone !== undefined && !isAtOrUnder(target, zone)) return ended({ kind: 'leaves' })
    seen.add(target)
  }
}

function endOf({ targets }: Pick<CnameChain, 'targets'>, name: string): string {
  return targets.at(-1) ?? name
}
