import type { ProbeState, RecordState } from '@fingerpost/model/domain-check'
import { proveOwnership } from '../stages/prove-ownership.ts'
import { seeRouting } from '../stages/see-routing.ts'
import { isBlind, isProved, isRouted } from '../stages/stage.ts'
import {
  describePropagation,
  describeState,
  instructRecord,
  NOTHING,
  sentences,
  type AnyRecord,
} from '../stages/words.ts'
import type { DiagnosedDomain, Finding, FindingLevel } from './finding.ts'

/** Finds what the two records, the claims of others, and the probe say. */
export function recordFindings(domain: DiagnosedDomain): readonly Finding[] {
  const { ownership, routing } = domain.records
  return [
    ...claimFindings(domain),
    recordFinding(ownership, domain),
    ...propagationFindings(ownership, domain),
    recordFinding(routing, domain),
    ...propagationFindings(routing, domain),
    ...probeFindings(domain),
  ]
}

function claimFindings(domain: DiagnosedDomain): readonly Finding[] {
  if (isProved(domain)) return []
  const { happening, you, next } = proveOwnership(domain)
  if (domain.takeoverSeenAt !== undefined) {
    const title = 'The hostname is about to become yours'
    const detail = sentences(happening, next)
    return [
      { id: 'takeover_in_sight', area: 'claims', level: 'info', title, detail, fix: undefined },
    ]
  }
  const { code } = domain.reason
  if (code !== 'hostname_in_use' && code !== 'ownership_moved') return []
  const title =
    code === 'hostname_in_use'
      ? 'Another workspace has this hostname'
      : 'Another workspace proved this hostname'
  return [
    {
      id: code,
      area: 'claims',
      level: 'problem',
      title,
      detail: happening,
      fix: sentences(you, next),
    },
  ]
}

const LEVELS: Readonly<Record<RecordState, FindingLevel>> = {
  found: 'ok',
  missing: 'problem',
  wrong: 'problem',
  unknown: 'unknown',
}

const STATE_WORDS: Readonly<Record<RecordState, string>> = {
  found: 'is as it has to be',
  missing: 'is missing',
  wrong: 'is not as it has to be',
  unknown: 'could not be looked up',
}

function recordFinding(record: AnyRecord, domain: DiagnosedDomain): Finding {
  const { type, observation } = record
  const id = type === 'TXT' ? 'txt_record' : 'routing_record'
  const area = type === 'TXT' ? 'ownership' : 'routing'
  if (type === 'CNAME' && isBlind(domain) && observation.checkedAt !== undefined) {
    const title = 'Where the hostname leads could not be told'
    return { id, area, level: 'unknown', title, detail: domain.reason.message, fix: undefined }
  }
  if (type === 'CNAME' && observation.state !== 'found' && isRouted(domain)) {
    const title = 'Something stands in front of this server'
    return { id, area, level: 'info', title, detail: describeState(record, domain), fix: undefined }
  }
  if (observation.checkedAt === undefined && observation.state === 'unknown') {
    const title = `The ${type} record was not looked up yet`
    return {
      id,
      area,
      level: 'info',
      title,
      detail: describeState(record, domain),
      fix: instructRecord(record, domain),
    }
  }
  const { state } = observation
  // Why not for an unknown proof: it was seen before.
  const isSeenBefore = type === 'TXT' && state === 'unknown' && isProved(domain)
  const isNothingToDo = state === 'found' || isSeenBefore
  return {
    id,
    area,
    level: LEVELS[state],
    title: `The ${type} record ${STATE_WORDS[state]}`,
    detail: describeState(record, domain),
    fix: isNothingToDo ? undefined : instructRecord(record, domain),
  }
}

function propagationFindings(record: AnyRecord, domain: DiagnosedDomain): readonly Finding[] {
  const detail = describePropagation(record, domain.now)
  if (detail === '') return []
  const isTxt = record.type === 'TXT'
  return [
    {
      id: isTxt ? 'txt_propagation' : 'routing_propagation',
      area: isTxt ? 'ownership' : 'routing',
      level: 'info',
      title: `A change of the ${record.type} record is on its way`,
      detail,
      fix: undefined,
    },
  ]
}

const PROBES: Readonly<
  Record<Exclude<ProbeState, 'not_tried'>, { readonly level: FindingLevel; readonly title: string }>
> = {
  reached: { level: 'ok', title: 'Requests arrive here' },
  partly: { level: 'problem', title: 'Only some requests arrive here' },
  elsewhere: { level: 'problem', title: 'Requests arrive somewhere else' },
  // Why no problem: the way from here to our own address may be the only one that is closed.
  unreachable: { level: 'info', title: 'Requests do not arrive' },
  unknown: { level: 'unknown', title: 'Whether requests arrive could not be tried' },
}

function probeFindings(domain: DiagnosedDomain): readonly Finding[] {
  const { probe } = domain
  if (probe.state === 'not_tried') return []
  const { level, title } = PROBES[probe.state]
  const { you } = seeRouting(domain)
  const isDone = level === 'ok' || level === 'unknown'
  const fix = you.startsWith(NOTHING) ? you.slice(NOTHING.length).trim() : you
  return [
    {
      id: 'probe',
      area: 'routing',
      level,
      title,
      detail: probe.message || `${title}.`,
      fix: isDone || fix === '' ? undefined : fix,
    },
  ]
}
