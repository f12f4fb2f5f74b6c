import type { DomainReasonMessage } from '@fingerpost/model/domain-check'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { EpochMs } from '@fingerpost/model/time'
import { PLACEHOLDER_TARGET, type DomainRecords, type ExpectedRecord } from './domain-records.ts'

/** The way of a domain from its records to its first redirect. */
export const STAGE_IDS = ['add_records', 'prove_ownership', 'see_routing', 'serve'] as const
/** One of `STAGE_IDS`. */
export type StageId = (typeof STAGE_IDS)[number]

/** How a stage stands. */
export const STAGE_STATES = ['done', 'current', 'waiting', 'failed'] as const
/** One of `STAGE_STATES`. */
export type StageState = (typeof STAGE_STATES)[number]

/** A stage, told to whoever looks after the customer's DNS. */
export type Stage = {
  readonly id: StageId
  readonly state: StageState
  /** What is going on. */
  readonly happening: string
  /** What the reader has to do. */
  readonly you: string
  /** What comes then. */
  readonly next: string
}

/** What the stages are told from. */
export type StagedDomain = {
  readonly hostname: string
  readonly status: DomainStatus
  readonly reason: DomainReasonMessage
  /** Undefined: no grace period runs. */
  readonly graceEndsAt: EpochMs | undefined
  readonly records: DomainRecords
  /** Whether the operator has set the name that CNAMEs lead to. */
  readonly hasPublicTarget: boolean
}

type Words = Omit<Stage, 'id'>

/** Tells the four stages of a domain, in order. Every stage has all its texts, always. */
export function domainStages(domain: StagedDomain): readonly Stage[] {
  if (domain.reason.code === 'local_name') return localStages(domain)
  return [
    { id: 'add_records', ...addRecords(domain) },
    { id: 'prove_ownership', ...proveOwnership(domain) },
    { id: 'see_routing', ...seeRouting(domain) },
    { id: 'serve', ...serve(domain) },
  ]
}

const NOTHING_TO_DO = 'Nothing.'
const RECHECK = 'Both records are looked up again and again, every few seconds at first.'

function isProved(domain: StagedDomain): boolean {
  return DOMAIN_STATUSES[domain.status].holdsHostname
}

function localStages({ hostname }: StagedDomain): readonly Stage[] {
  const words: Words = {
    state: 'done',
    happening: `"${hostname}" always means the machine that asks, so no DNS record is looked up.`,
    you: NOTHING_TO_DO,
    next: `Open http://${hostname}/ on this machine, with the port of this server.`,
  }
  return STAGE_IDS.map((id) => ({ id, ...words }))
}

function addRecords(domain: StagedDomain): Words {
  const { routing, ownership } = domain.records
  const open = [ownership, routing].filter((record) => record.observation.state !== 'found')
  if (isProved(domain) && routing.observation.state !== 'missing') {
    return {
      state: 'done',
      happening: 'The records were seen in DNS.',
      you: 'Keep both records: the CNAME carries the traffic.',
      next: 'See the next stages.',
    }
  }
  if (open.length === 0) {
    return {
      state: 'done',
      happening: 'Both records were found in DNS.',
      you: 'Keep both records.',
      next: 'The ownership of the hostname is proved by the TXT record.',
    }
  }
  return {
    state: 'current',
    happening: open.map(describeFound).join(' '),
    you: open.map((record) => instruct(record)).join(' ') + targetNote(domain),
    next: RECHECK,
  }
}

function proveOwnership(domain: StagedDomain): Words {
  const { ownership } = domain.records
  if (isProved(domain)) {
    return {
      state: 'done',
      happening: `The TXT record at "${ownership.name}" proved that the hostname is yours.`,
      you: 'You may keep the TXT record or remove it.',
      next: 'The hostname is held for this workspace.',
    }
  }
  const next = 'With the right value in place the domain becomes "verified".'
  if (domain.reason.code === 'hostname_in_use') {
    return {
      state: 'failed',
      happening: domain.reason.message,
      you: `Have the domain "${domain.hostname}" deleted in the other workspace.`,
      next: 'As soon as the hostname is free, the domain becomes "verified".',
    }
  }
  const happening = describeFound(ownership)
  switch (ownership.observation.state) {
    case 'found':
      return { state: 'current', happening, you: NOTHING_TO_DO, next }
    case 'wrong':
      return {
        state: 'failed',
        happening: `${happening} ${viaCname(domain)}`.trim(),
        you: instruct(ownership),
        next,
      }
    case 'missing':
      return { state: 'current', happening, you: instruct(ownership), next }
    case 'unknown':
      return { state: 'waiting', happening, you: instruct(ownership), next }
    default:
      return ownership.observation.state satisfies never
  }
}

function viaCname({ reason }: StagedDomain): string {
  return reason.code === 'txt_via_cname' ? reason.message : ''
}

function seeRouting(domain: StagedDomain): Words {
  const { routing } = domain.records
  const happening = describeFound(routing)
  const next = 'As soon as the CNAME leads here, the domain becomes "active".'
  const you = instruct(routing) + targetNote(domain)
  switch (domain.status) {
    case 'pending_verification':
      return routing.observation.state === 'found'
        ? {
            state: 'done',
            happening,
            you: NOTHING_TO_DO,
            next: 'The proof of ownership is missing.',
          }
        : { state: 'waiting', happening, you, next: 'This counts once the ownership is proved.' }
    case 'verified':
      return { state: 'current', happening, you, next }
    case 'active':
      return {
        state: 'done',
        happening: `"${routing.name}" leads to this server.`,
        you: 'Keep the CNAME record.',
        next: 'It is looked at again regularly.',
      }
    case 'degraded':
    case 'suspended':
      return { state: 'failed', happening: `${domain.reason.message} ${happening}`, you, next }
    default:
      return domain.status satisfies never
  }
}

function serve(domain: StagedDomain): Words {
  const { hostname, status } = domain
  switch (status) {
    case 'pending_verification':
      return {
        state: 'waiting',
        happening: `Nothing is served on "${hostname}" before its ownership is proved.`,
        you: 'Finish the stages before.',
        next: 'You can make links already; they are served as soon as the domain is verified.',
      }
    case 'verified':
      return {
        state: 'waiting',
        happening: 'Links are ready to be served; no visitor can reach them before DNS leads here.',
        you: 'Finish the stages before.',
        next: `The certificate for "${hostname}" is obtained with the first HTTPS request.`,
      }
    case 'active':
      return {
        state: 'done',
        happening: `Links on "${hostname}" are served.`,
        you: NOTHING_TO_DO,
        next: 'The certificate is obtained and renewed without your doing anything.',
      }
    case 'degraded':
      return {
        state: 'current',
        happening: 'Links are still served to everyone who reaches this server.',
        you: 'Put the CNAME record back.',
        next: `${graceEnd(domain)} the domain is suspended and its links answer 410.`,
      }
    case 'suspended':
      return {
        state: 'failed',
        happening: 'Links are not served any more: they answer 410, without a certificate.',
        you: 'Put the CNAME record back, or delete the domain.',
        next: 'As soon as the CNAME leads here again, everything is served again.',
      }
    default:
      return status satisfies never
  }
}

function graceEnd({ graceEndsAt }: StagedDomain): string {
  if (graceEndsAt === undefined) return 'At the end of the grace period'
  return `On ${isoInstant(graceEndsAt)}`
}

function isoInstant(at: EpochMs): string {
  return new Date(at).toISOString()
}

type AnyRecord = ExpectedRecord & { readonly type: string }

function instruct(record: AnyRecord): string {
  return (
    `Publish this ${record.type} record: name "${record.name}", value "${record.value}"` +
    (record.type === 'TXT' ? ', without quotes.' : '.')
  )
}

function describeFound(record: AnyRecord): string {
  const place = `the ${record.type} record at "${record.name}"`
  const { state, found, checkedAt } = record.observation
  switch (state) {
    case 'found':
      return `Found ${place} with the expected value.`
    case 'missing':
      return `Did not find ${place}.`
    case 'wrong':
      return `Expected "${record.value}" in ${place}, found ${listFound(found)}.`
    case 'unknown':
      return checkedAt === undefined
        ? `We have not looked for ${place} yet.`
        : `Could not look up ${place}: the name servers gave no usable answer.`
    default:
      return state satisfies never
  }
}

// Why few and short: somebody else's zone decides how many there are.
const FOUND_SHOWN_MAX = 3
const FOUND_LENGTH_MAX = 100

function listFound(found: readonly string[]): string {
  if (found.length === 0) return 'something else'
  const shown = found
    .slice(0, FOUND_SHOWN_MAX)
    .map((value) => JSON.stringify(value.slice(0, FOUND_LENGTH_MAX)))
  const more = found.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function targetNote({ hasPublicTarget }: StagedDomain): string {
  if (hasPublicTarget) return ''
  return (
    ` The CNAME cannot lead anywhere yet: the operator of this server has to set ` +
    `FINGERPOST_PUBLIC_TARGET first ("${PLACEHOLDER_TARGET}" stands in for it).`
  )
}
