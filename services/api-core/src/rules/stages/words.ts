import type { Hostname } from '@fingerpost/model/hostname'
import { quoted } from '@fingerpost/model/quote'
import { registrableDomain } from '@fingerpost/model/registrable-domain'
import { describeInstant, type DurationMs, type EpochMs } from '@fingerpost/model/time'
import { PLACEHOLDER_TARGET, type DomainRecords } from '../domain-records.ts'
import type { StagedDomain } from './stage.ts'

/** What a reader has to do who has nothing to do. */
export const NOTHING = 'Nothing.'

/** What a reader has to do who waits for an earlier stage. */
export const FINISH_EARLIER = 'Finish the earlier stages.'

/** Why the TXT record stays. */
export const KEEP_TXT =
  'Keep the TXT record: it keeps the hostname yours if another workspace claims it.'

/** One of the two records of a domain. */
export type AnyRecord = DomainRecords['routing'] | DomainRecords['ownership']

/** How late a look may be before somebody has to see why. */
export const LOOK_LATE_MS: DurationMs = 300_000

/** Says when DNS is looked at again. */
export function nextLook({ nextCheckAt, now }: StagedDomain): string {
  if (nextCheckAt === undefined) return 'We look again when you ask for a check.'
  if (now - nextCheckAt > LOOK_LATE_MS) {
    return `The look that was due at ${describeInstant(nextCheckAt)} is late.`
  }
  if (nextCheckAt <= now) return 'We look again at once.'
  return `We look again at ${describeInstant(nextCheckAt)}, or at once when you ask for a check.`
}

/** Says what the last look at a record gave. What could not be told is ours, and said to be. */
export function describeRecord(record: AnyRecord, domain: StagedDomain): string {
  return sentences(describeState(record, domain), describePropagation(record, domain.now))
}

/** Says what is at a record's name. */
export function describeState(record: AnyRecord, { hostname, reason }: StagedDomain): string {
  const { type, name, value, observation } = record
  const { state, found, checkedAt, propagation } = observation
  const shown = listValues(found)
  switch (state) {
    case 'found':
      if (type === 'TXT') return `The TXT record at "${name}" has the value "${value}".`
      if (found.includes(value)) return `The CNAME record at "${name}" leads to "${value}".`
      // Why not "leads here": by HTTP it may not, and that is told beside.
      return shown === ''
        ? `"${name}" leads here.`
        : `At "${name}" we found ${shown}, as it has to be.`
    case 'missing':
      if (type === 'TXT') return `There is no TXT record at "${name}".`
      return `There is no CNAME, A or AAAA record at "${name}".`
    case 'wrong':
      if (shown === '') return `The ${type} record at "${name}" does not say "${value}".`
      if (type === 'TXT' && reason.code === 'txt_via_cname') {
        return `At "${name}" we found ${shown} through a CNAME record, which proves nothing.`
      }
      return `At "${name}" we found ${shown}; we expect ${aRecord(type, hostname)} "${value}".`
    case 'unknown':
      if (propagation !== undefined) return `The DNS servers do not agree about "${name}" yet.`
      return checkedAt === undefined
        ? `We have not looked for the ${type} record at "${name}" yet.`
        : `We could not tell what is at "${name}": the DNS servers gave us no usable answer. ` +
            'Nothing changes for that.'
    default:
      return state satisfies never
  }
}

function aRecord(type: AnyRecord['type'], hostname: Hostname): string {
  if (type === 'TXT') return 'the TXT value'
  return isApex(hostname)
    ? 'only an ALIAS, ANAME or flattened CNAME record to'
    : 'only a CNAME record to'
}

function isApex(hostname: Hostname): boolean {
  return registrableDomain(hostname) === hostname
}

/** Says how far a change of a record has come; empty: all servers agree. */
export function describePropagation({ name, observation }: AnyRecord, now: EpochMs): string {
  const { propagation } = observation
  if (propagation === undefined) return ''
  const { servers, until } = propagation
  const who = servers.length === 0 ? 'some DNS servers' : listValues(servers)
  if (until === undefined) return `Records at "${name}" have changed, and not for ${who} yet.`
  if (until <= now) return `At the last look the change at "${name}" had not reached ${who}.`
  return `The change at "${name}" reaches ${who} by ${describeInstant(until)} at the latest.`
}

/** Says what the reader does about a record; empty: nothing. */
export function instructRecord(record: AnyRecord, domain: StagedDomain): string {
  const { type, name, value, observation } = record
  const { state, checkedAt, hint = '', propagation } = observation
  if (state === 'found') return propagation === undefined ? hint : sentences(hint, WAIT)
  if (state === 'unknown' && checkedAt !== undefined) {
    const unless = `If you have not done so yet, ${lowerFirst(publish(record, domain))}`
    return sentences(hint, propagation === undefined ? '' : WAIT, unless)
  }
  if (type === 'CNAME' && state === 'wrong' && hint === '') {
    const remove = `Remove every other A, AAAA and CNAME record at "${name}".`
    return sentences(remove, publish(record, domain))
  }
  if (type === 'TXT' && state === 'wrong' && domain.reason.code === 'txt_via_cname') {
    const remove = `Remove the CNAME record at "${name}" if there is one.`
    return sentences(hint, remove, publish(record, domain))
  }
  if (type === 'TXT' && state === 'wrong') {
    return sentences(hint, `Set the TXT record at "${name}" to "${value}", without quotes.`)
  }
  return sentences(hint, publish(record, domain))
}

const WAIT = 'Wait until every DNS server shows the change.'

function publish({ type, name, value }: AnyRecord, { hostname, hasPublicTarget }: StagedDomain) {
  const zone = registrableDomain(hostname)
  if (type === 'CNAME' && isApex(hostname)) {
    const alias =
      'Publish an ALIAS or ANAME record (or a CNAME that your provider flattens): ' +
      `name "${name}", value "${value}". A plain CNAME record cannot stand at the top of a zone.`
    return alias + targetNote(hasPublicTarget)
  }
  const record = `Publish this ${type} record: name "${name}", value "${value}"`
  const relative =
    zone === undefined
      ? ''
      : ` If your provider adds "${zone}" to names by itself, the name is only ` +
        `"${name.slice(0, -zone.length - 1)}".`
  if (type === 'TXT') return `${record}, without quotes.${relative}`
  return `${record}.${relative}${targetNote(hasPublicTarget)}`
}

function targetNote(hasPublicTarget: boolean): string {
  if (hasPublicTarget) return ''
  return (
    ' It cannot lead anywhere yet: the operator of this server has to set ' +
    `FINGERPOST_PUBLIC_TARGET first ("${PLACEHOLDER_TARGET}" stands in for it).`
  )
}

// Why few: somebody else's zone decides how many there are.
const VALUES_SHOWN_MAX = 3

/** Lists values from outside in a sentence: the first few, in quotes; empty: there are none. */
export function listValues(values: readonly string[]): string {
  const shown = values.slice(0, VALUES_SHOWN_MAX).map(showValue)
  const more = values.length - shown.length
  if (more > 0) return `${shown.join(', ')} and ${more} more`
  return [shown.slice(0, -1).join(', '), ...shown.slice(-1)].filter(Boolean).join(' and ')
}

// Why other quotes: the usual mistake is a value with quotes in it, and it has to be seen.
function showValue(value: string): string {
  const shown = quoted(value)
  if (!value.includes('"') || value.includes("'")) return shown
  return `'${shown.slice(1, -1).replaceAll(String.raw`\"`, '"')}'`
}

/** Joins sentences; empty ones are left out. */
export function sentences(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(' ')
}

/** Gives a text for the middle of a sentence: its first letter small, unless it is a name. */
export function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
