import type { DnsServer } from '../dns/resolver.ts'
import { CNAMES_MAX, type CnameChain, type DnsAnswer, type DnsType } from '../rules/dns-answer.ts'
import type { Observations } from '../rules/domain-state.ts'
import { observeOwnership, type OwnershipLook } from '../rules/ownership-observation.ts'
import {
  hadCname,
  observeRouting,
  type AddressLook,
  type RoutingLook,
  type StoredRouting,
} from '../rules/routing-observation.ts'

/** What a check looks for in DNS. */
export type DomainExpectation = StoredRouting & {
  readonly hostname: string
  readonly verificationToken: string
}

/** What observing needs besides the domain. */
export type ObserveDeps = {
  readonly servers: readonly DnsServer[]
  /** Where the TXT record stands, for example `_fingerpost-verify`. */
  readonly txtPrefix: string
  /** The operator's CNAME target; undefined: what stands above the domain's own one. */
  readonly publicTarget: string | undefined
  readonly countLookup: (server: string, answer: DnsAnswer) => void
}

/**
 * Asks every server, all at once, for the two records that a domain needs, and
 * makes one observation of each.
 *
 * @param signal when it aborts, what is not answered yet counts as a timeout
 */
export async function observeDomain(
  domain: DomainExpectation,
  signal: AbortSignal,
  deps: ObserveDeps,
): Promise<Observations> {
  const txtName = `${deps.txtPrefix}.${domain.hostname}`
  const looks = await Promise.all(
    deps.servers.map(async (server) => {
      const ask: Ask = async (name, type) => {
        const answer = await server.lookup(name, type, signal)
        deps.countLookup(server.name, answer)
        return answer
      }
      return Promise.all([
        lookAtOwnership(server.name, txtName, ask),
        lookAtRouting(server.name, domain, ask),
      ])
    }),
  )
  const routing = observeRouting(
    looks.map(([{ txt }, look]) => ({
      ...look,
      seesToken: txt.kind === 'found' && txt.values.includes(domain.verificationToken),
    })),
    { ...domain, hadCname: hadCname(domain) },
  )
  const ownership = observeOwnership(
    looks.map(([look]) => look),
    {
      name: txtName,
      token: domain.verificationToken,
      ownZone: ownZoneOf(domain.cnameTarget, deps.publicTarget),
    },
  )
  return { ownership, routing }
}

type Ask = (name: string, type: DnsType) => Promise<DnsAnswer>

async function lookAtOwnership(server: string, name: string, ask: Ask): Promise<OwnershipLook> {
  const [chain, txt] = await Promise.all([followCnames(name, undefined, ask), ask(name, 'TXT')])
  return { server, chain, txt }
}

async function lookAtRouting(
  server: string,
  { hostname, cnameTarget }: DomainExpectation,
  ask: Ask,
): Promise<Omit<RoutingLook, 'seesToken'>> {
  const chain = await followCnames(hostname, cnameTarget, ask)
  const isOpen = chain.end.kind === 'name' || chain.end.kind === 'nxdomain'
  if (!isOpen) return { server, chain, addresses: undefined, targetAddresses: undefined }
  const [addresses, targetAddresses] = await Promise.all([
    chain.end.kind === 'nxdomain' ? undefined : lookAtAddresses(endOf(chain, hostname), ask),
    lookAtAddresses(cnameTarget, ask),
  ])
  return { server, chain, addresses, targetAddresses }
}

async function lookAtAddresses(name: string, ask: Ask): Promise<AddressLook> {
  const [a, aaaa] = await Promise.all([ask(name, 'A'), ask(name, 'AAAA')])
  return { a, aaaa }
}

/**
 * Follows CNAME records one by one: asked for addresses, a server hides which
 * name of a chain it could not find.
 */
async function followCnames(
  name: string,
  wanted: string | undefined,
  ask: Ask,
): Promise<CnameChain> {
  const targets: string[] = []
  const seen = new Set([name])
  for (;;) {
    const answer = await ask(endOf({ targets }, name), 'CNAME')
    if (answer.kind === 'failed') {
      return { targets, end: { kind: 'failed', failure: answer.failure } }
    }
    if (answer.kind === 'nxdomain') return { targets, end: { kind: 'nxdomain' } }
    const target = answer.kind === 'found' ? answer.values[0] : undefined
    if (target === undefined) return { targets, end: { kind: 'name' } }
    targets.push(target)
    if (target === wanted) return { targets, end: { kind: 'target' } }
    if (seen.has(target)) return { targets, end: { kind: 'loop' } }
    if (targets.length >= CNAMES_MAX) return { targets, end: { kind: 'too_long' } }
    seen.add(target)
  }
}

function endOf({ targets }: Pick<CnameChain, 'targets'>, name: string): string {
  return targets.at(-1) ?? name
}

function ownZoneOf(cnameTarget: string, publicTarget: string | undefined): string {
  if (publicTarget !== undefined) return publicTarget
  const above = cnameTarget.slice(cnameTarget.indexOf('.') + 1)
  // Why not a single label: a top-level domain is nobody's own zone.
  return above.includes('.') ? above : cnameTarget
}
