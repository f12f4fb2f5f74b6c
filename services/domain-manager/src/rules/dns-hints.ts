/*
 * What is probably wrong with a record, in one sentence with the way to put it right. Only what
 * is recognised for certain: a wrong guess costs its reader more than none.
 */
import { isAtOrUnder, type Hostname } from '@fingerpost/model/hostname'
import { registrableDomain } from '@fingerpost/model/registrable-domain'
import { parseIp } from './ip-address.ts'
import { recogniseProvider } from './providers.ts'
import { quoteValues } from './published-values.ts'

/** What the hints are about. */
export type HintFacts = {
  readonly hostname: Hostname
  readonly cnameTarget: string
  /** The operator's own name, above every domain's; undefined: unset. */
  readonly publicTarget: string | undefined
  readonly txtName: string
  readonly txtPrefix: string
  readonly token: string
}

/** A name at which a record can have been put by mistake. */
export type MisplacedRecord = {
  readonly type: 'TXT' | 'CNAME'
  readonly name: string
}

/** What was found at such a name. */
export type FoundElsewhere = MisplacedRecord & { readonly values: readonly string[] }

/**
 * Gives the names at which a missing TXT record may stand instead: its zone
 * doubled, at the hostname itself, at the zone's apex, or without the prefix's underscore.
 */
export function txtMistakes({
  hostname,
  txtName,
  txtPrefix,
}: HintFacts): readonly MisplacedRecord[] {
  const apex = apexOf(hostname)
  const names = [
    `${txtName}.${apex}`,
    hostname,
    `${txtPrefix}.${apex}`,
    apex,
    `${txtPrefix.replace(/^_/, '')}.${hostname}`,
  ]
  return distinct(names, txtName).map((name) => ({ type: 'TXT', name }))
}

/** Gives the names at which a missing CNAME may stand instead: its zone doubled. */
export function cnameMistakes({ hostname }: HintFacts): readonly MisplacedRecord[] {
  const apex = apexOf(hostname)
  return distinct([`${hostname}.${apex}`], hostname).map((name) => ({ type: 'CNAME', name }))
}

// The hostname itself where nobody can register a name.
function apexOf(hostname: Hostname): string {
  return registrableDomain(hostname) ?? hostname
}

function distinct(names: readonly string[], except: string): readonly string[] {
  return [...new Set(names)].filter((name) => name !== except)
}

/** Says where a TXT record was put instead of its place; undefined: at none of these names. */
export function hintOfMisplacedTxt(
  facts: HintFacts,
  elsewhere: readonly FoundElsewhere[],
): string | undefined {
  const { hostname, txtName, token } = facts
  const stray = elsewhere.find(({ values }) => values.some((value) => value.includes(token)))
  if (stray === undefined) return undefined
  if (stray.name.startsWith(`${txtName}.`)) return doubledHint('TXT', stray.name, txtName, hostname)
  return `The TXT record stands at "${stray.name}". Move it to "${txtName}".`
}

/** Says what is wrong with TXT values that are not the token; undefined: nothing is recognised. */
export function hintOfWrongTxt(facts: HintFacts, found: readonly string[]): string | undefined {
  const { token, txtName, cnameTarget } = facts
  const near = found.find((value) => value.toLowerCase().includes(token.toLowerCase()))
  if (near !== undefined) return `${nearHint(near, token)} The value must be ${token} alone.`
  if (found.some((value) => stripped(value) === cnameTarget)) {
    return `The CNAME's target was put into the TXT record at "${txtName}". Put "${token}" there.`
  }
  return undefined
}

function nearHint(value: string, token: string): string {
  if (!value.includes(token)) return 'Upper and lower case were changed.'
  const bare = value.replaceAll(/["'“”‘’\s]/g, '')
  if (bare === token) return 'Take the quotes and spaces out of the value.'
  if (/=|\bTXT\b/i.test(value)) return 'The name of the record was pasted into its value.'
  return 'There is more in the value than the token.'
}

/** Says where a CNAME was put instead of its place; undefined: at none of these names. */
export function hintOfMisplacedCname(
  { hostname, cnameTarget }: HintFacts,
  elsewhere: readonly FoundElsewhere[],
): string | undefined {
  // Why only our target: a wildcard of the zone answers at the doubled name as well. It does not
  // at the hostname, once the TXT record stands below that.
  const isOurs = (value: string): boolean => `${value}.`.startsWith(`${cnameTarget}.`)
  const stray = elsewhere.find(({ values }) => values.some(isOurs))
  return stray === undefined ? undefined : doubledHint('CNAME', stray.name, hostname, hostname)
}

function doubledHint(type: string, name: string, wanted: string, hostname: Hostname): string {
  const apex = apexOf(hostname)
  const short = wanted.slice(0, -apex.length - 1) || '@'
  return (
    `The ${type} record stands at "${name}": the provider adds "${apex}" by itself. ` +
    `Enter "${short}" as its name.`
  )
}

/**
 * Says what is wrong with where a hostname leads; undefined: nothing is recognised.
 *
 * @param found CNAME targets and addresses
 */
export function hintOfWrongRouting(
  facts: HintFacts,
  found: readonly string[],
  own: ReadonlySet<string>,
): string | undefined {
  const targets = found.filter((value) => parseIp(value) === undefined)
  const strays = found.filter((value) => parseIp(value) !== undefined && !own.has(value))
  for (const target of targets) {
    const hint = hintOfTarget(facts, target)
    if (hint !== undefined) return hint
  }
  if (targets.includes(facts.cnameTarget) && strays.length > 0) {
    return (
      `${quoteValues(strays)} ${areOrIs(strays)} published beside the CNAME. Delete every A and ` +
      `AAAA record of "${facts.hostname}"; nothing may stand beside a CNAME.`
    )
  }
  return (
    hintOfStrays(facts, { found, strays, own }) ??
    hintOfProvider(facts, found) ??
    (targets.length === 0 && strays.length > 0 ? hintOfAddresses(facts, strays) : undefined)
  )
}

function hintOfTarget(facts: HintFacts, target: string): string | undefined {
  const { cnameTarget, publicTarget, hostname } = facts
  const apex = apexOf(hostname)
  const fix = `Set the CNAME to "${cnameTarget}".`
  if (target === cnameTarget) return undefined
  if (target === `${cnameTarget}.${apex}` || target === `${cnameTarget}.${hostname}`) {
    return (
      `The CNAME leads to "${target}": the provider added the zone. ` +
      `Enter "${cnameTarget}." with the dot at the end.`
    )
  }
  if (/^(?:https?)?:|\/|\\047/.test(target)) {
    return `The CNAME's value "${target}" is a URL. ${fix}`
  }
  if (target === publicTarget) {
    return `The CNAME leads to "${target}", which every domain shares. ${fix}`
  }
  if (publicTarget !== undefined && isAtOrUnder(target, publicTarget)) {
    return `The CNAME leads to "${target}", which is another domain's. ${fix}`
  }
  return undefined
}

type Addresses = {
  readonly found: readonly string[]
  readonly strays: readonly string[]
  readonly own: ReadonlySet<string>
}

function hintOfStrays(
  { hostname }: HintFacts,
  { found, strays, own }: Addresses,
): string | undefined {
  if (strays.length === 0 || !found.some((value) => own.has(value))) return undefined
  const why = strays.length > 1 ? 'they are not ours' : 'it is not ours'
  return `Delete ${typesOf(strays)} ${quoteValues(strays)} of "${hostname}": ${why}.`
}

function hintOfAddresses(facts: HintFacts, strays: readonly string[]): string {
  const shown = `${typesOf(strays)} ${quoteValues(strays)} of "${facts.hostname}"`
  return `Replace ${shown} by ${replacement(facts)}.`
}

// Why two: a CNAME cannot stand at the top of a zone.
function replacement({ hostname, cnameTarget }: HintFacts): string {
  return hostname === apexOf(hostname)
    ? `an ALIAS, ANAME or flattened CNAME of your DNS provider to "${cnameTarget}"`
    : `a CNAME to "${cnameTarget}"`
}

function areOrIs(values: readonly string[]): string {
  return values.length > 1 ? 'are' : 'is'
}

function typesOf(addresses: readonly string[]): string {
  const [hasV4, hasV6] = [4, 6].map((family) =>
    addresses.some((ip) => parseIp(ip)?.family === family),
  )
  if (hasV4 && hasV6) return 'the A and AAAA records'
  const records = addresses.length > 1 ? 'records' : 'record'
  return `the ${hasV6 ? 'AAAA' : 'A'} ${records}`
}

function hintOfProvider(facts: HintFacts, found: readonly string[]): string | undefined {
  const recognised = recogniseProvider(found)
  if (recognised === undefined) return undefined
  const { provider, value } = recognised
  const advice =
    provider.advice ?? `Replace that record by ${replacement(facts)} when you want to move.`
  return `"${facts.hostname}" currently points at ${provider.name} "${value}". ${advice}`
}

function stripped(value: string): string {
  return value.trim().toLowerCase().replace(/\.$/, '')
}
