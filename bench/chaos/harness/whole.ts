import { CURRENT_CADDY_VERSION, type CaddyProgram } from '../../../test/support/caddies.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { missingPrograms } from '../../../test/support/program.ts'
import { PEBBLE_PROGRAMS } from '../../../test/support/pebble.ts'
import { SCRIPTED_DNS_PROGRAMS } from '../../../test/support/scripted-dns.ts'
import { handshake, type HandshakeOutcome } from '../../../test/support/tls-client.ts'
import type { ApiDomain } from '../../../test/story/api-client.ts'
import type { Installation } from '../../../test/story/installation.ts'
import { publishRecords } from '../../../test/story/story.ts'
import { caddiesHere, type SkipReason } from './tools.ts'

/** Gives current Caddy, or why a row with a whole installation cannot be run. */
export async function currentCaddy(): Promise<CaddyProgram | SkipReason> {
  const missing = missingPrograms([...PEBBLE_PROGRAMS, ...SCRIPTED_DNS_PROGRAMS])
  if (missing !== false) return { kind: 'skipped', reason: missing }
  const caddy = (await caddiesHere()).find(({ version }) => version === CURRENT_CADDY_VERSION)
  return caddy ?? { kind: 'skipped', reason: `Caddy ${CURRENT_CADDY_VERSION} is not built` }
}

/** A domain of a row. */
export type WholeDomain = { readonly workspaceId: string; readonly domain: ApiDomain }

const AT_ONCE = 8

/** Adds domains of one workspace through the API and gives each of them its records. */
export async function addDomains(
  installation: Installation,
  hostnames: readonly string[],
): Promise<readonly WholeDomain[]> {
  const workspaceId = await installation.api.createWorkspace('Chaos')
  return inParallel(hostnames, AT_ONCE, async (hostname) => {
    const domain = await installation.api.addDomain(workspaceId, hostname)
    await publishRecords(installation, domain)
    return { workspaceId, domain }
  })
}

/** What the API says of a domain now. */
export function domainNow(
  installation: Installation,
  { workspaceId, domain }: WholeDomain,
): Promise<ApiDomain> {
  return installation.api.getDomain(workspaceId, domain.id)
}

/** Waits until each domain is as it should be, and gives what was seen. */
export function untilEach<T>(
  what: string,
  domains: readonly WholeDomain[],
  look: (domain: WholeDomain) => Promise<T | undefined | false>,
  withinMs: number,
): Promise<readonly T[]> {
  return inParallel(domains, AT_ONCE, (one) =>
    eventually(`${one.domain.hostname} ${what}`, () => look(one), { withinMs }),
  )
}

/** Does something with each value, so many at a time; gives the results in order. */
export async function inParallel<T, R>(
  values: readonly T[],
  atOnce: number,
  work: (value: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>()
  const entries = values.entries()
  const worker = async (): Promise<void> => {
    // Why one iterator for all: each value is taken by the first worker that is free.
    for (const [place, value] of entries) results.set(place, await work(value))
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, values.length) }, worker))
  return [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result)
}

const HANDSHAKES_AT_ONCE = 16
// More than the 10 s that Caddy waits for ask.
const HANDSHAKE_MS_MAX = 20_000

/** How handshakes with a list of hostnames went. */
export type Handshakes = {
  readonly failed: number
  /** The first few failures, in words. */
  readonly failures: readonly string[]
  /** The serial of each certificate that was shown. */
  readonly serials: ReadonlyMap<string, string>
  readonly durationsMs: readonly number[]
}

/** Makes one handshake with each hostname. */
export async function handshakeAll(
  installation: Installation,
  hostnames: readonly string[],
): Promise<Handshakes> {
  const outcomes = await inParallel(hostnames, HANDSHAKES_AT_ONCE, async (hostname) => {
    const outcome = await handshake({
      port: installation.ports.https,
      hostname,
      caPem: installation.rootPem,
      timeoutMs: HANDSHAKE_MS_MAX,
    })
    return { hostname, outcome }
  })
  const serials = new Map<string, string>()
  const failures: string[] = []
  for (const { hostname, outcome } of outcomes) {
    if (outcome.kind === 'accepted') serials.set(hostname, outcome.certificate.serial)
    else failures.push(`${hostname}: ${describe(outcome)}`)
  }
  return {
    failed: failures.length,
    failures: failures.slice(0, 5),
    serials,
    durationsMs: outcomes.map(({ outcome }) => outcome.durationMs),
  }
}

function describe(outcome: Exclude<HandshakeOutcome, { kind: 'accepted' }>): string {
  return outcome.kind === 'alert' ? `alert ${outcome.alert}` : `${outcome.kind} ${outcome.code}`
}
