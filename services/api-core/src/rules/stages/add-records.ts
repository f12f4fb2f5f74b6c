import { isBlind, isProved, isRouted, type StagedDomain, type Words } from './stage.ts'
import {
  describeRecord,
  instructRecord,
  KEEP_TXT,
  nextLook,
  sentences,
  type AnyRecord,
} from './words.ts'

/** Tells the stage in which the two records are published. */
export function addRecords(domain: StagedDomain): Words {
  const { records } = domain
  const open = openRecords(domain)
  if (open.length === 0) {
    return {
      state: 'done',
      happening: `${describeRecord(records.ownership, domain)} ${describeRouting(domain)}`,
      you: 'Keep both records.',
      next: nextLook(domain),
    }
  }
  const isLost = domain.status === 'degraded' || domain.status === 'suspended'
  return {
    state: isLost && open.includes(records.routing) ? 'failed' : 'current',
    happening: open.map((record) => describeRecord(record, domain)).join(' '),
    you: sentences(...open.map((record) => instructRecord(record, domain)), keep(open, domain)),
    next: nextLook(domain),
  }
}

/** Gives the records that the reader has to look at, the proof of ownership first. */
export function openRecords(domain: StagedDomain): readonly AnyRecord[] {
  const { ownership, routing } = domain.records
  const isOwnershipOpen = isProved(domain)
    ? // Why not when it could not be looked up: the proof was seen before.
      ownership.observation.state === 'missing' || ownership.observation.state === 'wrong'
    : ownership.observation.state !== 'found'
  const isRoutingOpen = !isRouted(domain) && !isBlind(domain)
  return [...(isOwnershipOpen ? [ownership] : []), ...(isRoutingOpen ? [routing] : [])]
}

function describeRouting(domain: StagedDomain): string {
  const { records, probe, reason } = domain
  if (isBlind(domain)) return reason.message
  if (records.routing.observation.state !== 'found' && probe.state === 'reached') {
    return `Requests to "${domain.hostname}" arrive here.`
  }
  return describeRecord(records.routing, domain)
}

function keep(open: readonly AnyRecord[], domain: StagedDomain): string {
  return isProved(domain) && open.includes(domain.records.ownership) ? KEEP_TXT : ''
}
