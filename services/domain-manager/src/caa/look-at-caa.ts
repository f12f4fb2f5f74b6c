import type { CaaObservation } from '@fingerpost/model/domain-check'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { Hostname } from '@fingerpost/model/hostname'
import { registrableDomain } from '@fingerpost/model/registrable-domain'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { DnsServer } from '../dns/resolver.ts'
import { TimedCache } from '../dns/timed-cache.ts'
import { caaNames, evaluateCaa, type CaaPolicy, type CaaSet } from '../rules/caa.ts'
import { observeCaa } from '../rules/caa-observation.ts'
import { describeFailure, type DnsAnswer } from '../rules/dns-answer.ts'
import { isMajority } from '../rules/majority.ts'
import { boundedValues } from '../rules/published-values.ts'

/** What looking at CAA needs. */
export type CaaDeps = {
  /** The resolvers; they follow CNAME records themselves. */
  readonly servers: readonly DnsServer[]
  readonly policy: CaaPolicy
  readonly registries: RegistryCaa
  readonly countLookup: (server: string, answer: DnsAnswer) => void
  readonly now: () => EpochMs
}

/** What one look at CAA gave, with the answers that it rests on. */
export type CaaLook = {
  readonly caa: CaaObservation
  readonly evidence: readonly Evidence[]
}

/** How long the records of a registry's suffix, such as `com`, are kept. */
export const REGISTRY_TTL_MS: DurationMs = 600_000

/** Most suffixes of registries whose records are kept. */
export const REGISTRIES_MAX = 5_000

/**
 * Looks at CAA from the hostname up to its top-level domain, closest first,
 * until something decides, and says whether our CA may issue.
 *
 * @param signal when it aborts, what is not answered yet is "cannot tell"
 */
export async function lookAtCaa(
  subject: { readonly hostname: Hostname; readonly cnameTarget: string },
  signal: AbortSignal,
  deps: CaaDeps,
): Promise<CaaLook> {
  const climb: CaaSet[] = []
  const evidence: Evidence[] = []
  for (const name of caaNames(subject.hostname)) {
    // Why only those: a customer's own records have to be seen as soon as they change.
    const isRegistry = registrableDomain(name as Hostname) === undefined
    const kept = isRegistry ? deps.registries.get(name) : undefined
    const look = kept === undefined ? await lookAtName(name, signal, deps) : { set: kept }
    climb.push(look.set)
    if ('evidence' in look) {
      evidence.push(...look.evidence)
      const isTold = look.set.found.kind !== 'failed'
      if (isRegistry && isTold) deps.registries.set(name, look.set, REGISTRY_TTL_MS)
    }
    if (look.set.found.kind === 'failed' || look.set.found.values.length > 0) break
  }
  const { issuer } = deps.policy
  const verdict = evaluateCaa(climb, deps.policy)
  return { caa: observeCaa(verdict, { ...subject, issuer }, deps.now()), evidence }
}

/** The records of registries' suffixes, such as `com`, which many hostnames share. */
export type RegistryCaa = TimedCache<CaaSet>

/** Makes room for the records of registries' suffixes. */
export function registryCaa(now: () => EpochMs): RegistryCaa {
  return new TimedCache(REGISTRIES_MAX, now)
}

type NameLook = { readonly set: CaaSet; readonly evidence: readonly Evidence[] }

async function lookAtName(name: string, signal: AbortSignal, deps: CaaDeps): Promise<NameLook> {
  const looks = await Promise.all(
    deps.servers.map(async (server) => {
      const answer = await server.lookup(name, 'CAA', signal)
      deps.countLookup(server.name, answer)
      return { server: server.name, answer }
    }),
  )
  const at = deps.now()
  return {
    set: { name, found: agreedOf(name, looks) },
    evidence: looks.map(({ server, answer }) => ({
      role: 'resolver',
      server,
      question: `CAA ${name}`,
      outcome: answer.details?.rcode ?? (answer.kind === 'failed' ? answer.failure : answer.kind),
      values: answer.kind === 'found' ? boundedValues(answer.values) : [],
      ttlS: answer.details?.ttlS,
      at: answer.details?.at ?? at,
    })),
  }
}

type ServerLook = { readonly server: string; readonly answer: DnsAnswer }

/** Gives what most servers with a definite answer say. */
function agreedOf(name: string, looks: readonly ServerLook[]): CaaSet['found'] {
  const definite = looks.flatMap(({ answer }) => {
    if (answer.kind === 'failed') return []
    const values = answer.kind === 'found' ? answer.values.toSorted() : []
    const standsAt = answer.details?.chain.at(-1) ?? name
    return [{ key: JSON.stringify(values), values, standsAt }]
  })
  for (const { key, values, standsAt } of definite) {
    const count = definite.filter((other) => other.key === key).length
    if (isMajority(count, definite.length)) return { kind: 'records', values, standsAt }
  }
  if (definite.length > 0) return { kind: 'failed', cause: 'the servers do not agree' }
  const told = looks.map(({ server, answer }) =>
    answer.kind === 'failed' ? `${server} ${describeFailure(answer.failure)}` : server,
  )
  return { kind: 'failed', cause: told.join(', ') }
}
