import { describeInstant } from '@fingerpost/model/time'
import { isProved, type StagedDomain, type Words } from './stage.ts'
import { describeRecord, instructRecord, KEEP_TXT, nextLook, NOTHING, sentences } from './words.ts'

/** Tells the stage in which the TXT record shows whose the hostname is. */
export function proveOwnership(domain: StagedDomain): Words {
  if (isProved(domain)) return proved(domain)
  const { hostname, reason, takeoverSeenAt } = domain
  const { ownership } = domain.records
  const next =
    'As soon as the value is seen, the domain becomes "verified" and nobody else can have ' +
    `"${hostname}".`
  if (takeoverSeenAt !== undefined) {
    return {
      state: 'current',
      happening:
        `At ${describeInstant(takeoverSeenAt)} we saw your value in the TXT record at ` +
        `"${ownership.name}", and that of the workspace that has "${hostname}" gone.`,
      you: `${NOTHING} Leave the TXT record as it is.`,
      next: `When a second look sees the same, "${hostname}" is yours. ${nextLook(domain)}`,
    }
  }
  if (reason.code === 'hostname_in_use') return inUse(domain)
  if (reason.code === 'ownership_moved') {
    return {
      state: 'failed',
      happening: reason.message,
      you: onlyValue(domain, 'If the hostname is yours, leave'),
      next: `Then "${hostname}" comes back to this workspace. ${nextLook(domain)}`,
    }
  }
  const happening = describeRecord(ownership, domain)
  const you = instructRecord(ownership, domain)
  switch (ownership.observation.state) {
    case 'found':
      return { state: 'current', happening, you: sentences(NOTHING, you), next }
    case 'wrong':
      return { state: 'failed', happening: viaCname(domain) || happening, you, next }
    case 'missing':
    case 'unknown':
      return { state: 'waiting', happening, you, next }
    default:
      return ownership.observation.state satisfies never
  }
}

function proved(domain: StagedDomain): Words {
  const { hostname, records } = domain
  const { ownership } = records
  const { state } = ownership.observation
  const isLost = state === 'missing' || state === 'wrong'
  return {
    state: 'done',
    happening: sentences(
      `The TXT record at "${ownership.name}" proved that "${hostname}" is yours.`,
      isLost ? `It has changed since. ${describeRecord(ownership, domain)}` : '',
    ),
    you: isLost ? sentences(instructRecord(ownership, domain), KEEP_TXT) : KEEP_TXT,
    next: isLost
      ? `"${hostname}" stays yours unless another workspace proves it by a TXT value of its own.`
      : `No other workspace can have "${hostname}" while the record stands.`,
  }
}

function inUse(domain: StagedDomain): Words {
  const { hostname, reason } = domain
  return {
    state: 'failed',
    happening: reason.message,
    you: sentences(
      onlyValue(domain, 'Leave'),
      `Or have the domain "${hostname}" deleted in the workspace that has it.`,
    ),
    next: `Then two looks in a row move "${hostname}" to this workspace. ${nextLook(domain)}`,
  }
}

function onlyValue({ records }: StagedDomain, begin: string): string {
  const { name, value } = records.ownership
  return `${begin} "${value}" as the only TXT value at "${name}", and remove every other one.`
}

function viaCname({ reason }: StagedDomain): string {
  return reason.code === 'txt_via_cname' ? reason.message : ''
}
