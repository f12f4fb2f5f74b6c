import type { CaaObservation } from '@fingerpost/model/domain-check'
import { isAtOrUnder, type Hostname } from '@fingerpost/model/hostname'
import { quoted } from '@fingerpost/model/quote'
import { registrableDomain } from '@fingerpost/model/registrable-domain'
import type { EpochMs } from '@fingerpost/model/time'
import { VALIDATION_METHOD, type CaaObstacle, type CaaPlace, type CaaVerdict } from './caa.ts'

/** The hostname that a verdict is about. */
export type CaaSubject = {
  readonly hostname: Hostname
  /** The name that its CNAME is to lead to; it is the operator's. */
  readonly cnameTarget: string
  readonly issuer: string
}

/** Writes a verdict for people; when CAA forbids, with a fix that can work where it stands. */
export function observeCaa(verdict: CaaVerdict, subject: CaaSubject, now: EpochMs): CaaObservation {
  const { hostname, issuer } = subject
  const seen = (state: CaaObservation['state'], message: string, fix?: string): CaaObservation => ({
    state,
    message,
    fix,
    checkedAt: now,
  })
  if (verdict.kind === 'unknown') {
    const { name, cause } = verdict
    const message = `Whether CAA lets "${issuer}" issue cannot be told at "${name}": ${cause}.`
    return seen('unknown', message)
  }
  if (verdict.kind === 'allowed') {
    const at = verdict.place?.standsAt
    return at === undefined
      ? seen('allows', `No CAA record restricts who may issue for "${hostname}".`)
      : seen('allows', `CAA at "${at}" lets "${issuer}" issue for "${hostname}".`)
  }
  const { place, obstacle } = verdict
  const message = `CAA at "${place.standsAt}" ${wordsOf(obstacle, issuer)}${pathOf(place)}.`
  return seen('forbids', message, fixOf(place, obstacle, subject))
}

const ISSUERS_SHOWN_MAX = 3

function wordsOf(obstacle: CaaObstacle, issuer: string): string {
  switch (obstacle.kind) {
    case 'unknown_critical_tag':
      return `has the critical tag ${quoted(obstacle.tag)}, which no CA may ignore`
    case 'issuer_not_listed': {
      const { issuers } = obstacle
      if (issuers.length === 0) return 'lets nobody issue certificates'
      const rest = issuers.length - ISSUERS_SHOWN_MAX
      const shown = issuers.slice(0, ISSUERS_SHOWN_MAX).map(quoted).join(', ')
      return `allows only ${shown}${rest > 0 ? ` and ${rest} more` : ''}, not ${quoted(issuer)}`
    }
    case 'account_not_listed':
      return `lets ${quoted(issuer)} issue for another ACME account only, not for this server's`
    case 'method_not_listed':
      return `lets ${quoted(issuer)} issue, but not by the method "${VALIDATION_METHOD}"`
    default:
      return obstacle satisfies never
  }
}

function pathOf({ name, standsAt }: CaaPlace): string {
  return name === standsAt ? '' : `, where the CNAME of "${name}" leads`
}

function fixOf(
  { name, standsAt }: CaaPlace,
  obstacle: CaaObstacle,
  { hostname, cnameTarget, issuer }: CaaSubject,
): string {
  const record = `0 issue "${issuer}"`
  const change =
    obstacle.kind === 'unknown_critical_tag'
      ? `remove the record with the tag ${quoted(obstacle.tag)} at "${standsAt}"`
      : `add the CAA record \`${record}\` at "${standsAt}", beside those that are there`
  if (isAtOrUnder(standsAt, cnameTarget)) {
    return `There is nothing that you can do: the operator of this server has to ${change}.`
  }
  const own = registrableDomain(hostname)
  if (name !== standsAt) {
    // Why never "at the name itself": no other record can stand beside a CNAME.
    return name === hostname
      ? `Let the CNAME of "${hostname}" lead to "${cnameTarget}" directly, or have the owner of ` +
          `"${standsAt}" ${change}.`
      : `Have the owner of "${standsAt}" ${change}.`
  }
  if (own !== undefined && !isAtOrUnder(standsAt, own)) {
    return (
      `Add the CAA record \`${record}\` at "${own}": it counts before the one at "${standsAt}", ` +
      'which belongs to a registry.'
    )
  }
  return `${change.charAt(0).toUpperCase()}${change.slice(1)}.`
}
