import { isBlind, isRouted, type StagedDomain, type Words } from './stage.ts'
import { describeRecord, instructRecord, nextLook, NOTHING, sentences } from './words.ts'

/** Tells the stage in which DNS, and with it every visitor, is seen to lead here. */
export function seeRouting(domain: StagedDomain): Words {
  const { hostname, status } = domain
  const happening = describeArrival(domain)
  const you = instructArrival(domain)
  const again = nextLook(domain)
  switch (status) {
    case 'pending_verification':
      return {
        state: isRouted(domain) ? 'done' : 'waiting',
        happening,
        you,
        next: 'This counts as soon as the ownership is proved.',
      }
    case 'verified':
      return {
        state: isRouted(domain) ? 'current' : stateUnlessRouted(domain),
        happening,
        you,
        next: `As soon as "${hostname}" leads here, the domain becomes "active". ${again}`,
      }
    case 'active':
      return active(domain, { happening, you, next: again })
    case 'degraded':
    case 'suspended':
      return {
        state: isRouted(domain) ? 'current' : 'failed',
        happening,
        you,
        next: `As soon as "${hostname}" leads here again, the domain is "active" again. ${again}`,
      }
    default:
      return status satisfies never
  }
}

function active(domain: StagedDomain, words: Omit<Words, 'state'>): Words {
  const { records, probe } = domain
  const isElsewhere = probe.state === 'elsewhere' || probe.state === 'partly'
  if (isElsewhere && records.routing.observation.state === 'found') {
    return { ...words, state: 'failed' }
  }
  if (isRouted(domain) || isBlind(domain)) return { state: 'done', ...words }
  // Why not always: a hostname that leads here partly is not lost.
  const isLost = domain.lossSeenAt !== undefined
  const loss = isLost ? 'If the next look sees the same, a grace period begins.' : ''
  return { ...words, state: 'failed', next: sentences(loss, words.next) }
}

function stateUnlessRouted({ records }: StagedDomain): Words['state'] {
  return records.routing.observation.state === 'wrong' ? 'failed' : 'waiting'
}

function describeArrival(domain: StagedDomain): string {
  const { records, probe, reason } = domain
  if (isBlind(domain)) return reason.message
  const told = probe.state === 'not_tried' ? '' : probe.message
  return sentences(describeRecord(records.routing, domain), told)
}

function instructArrival(domain: StagedDomain): string {
  const { hostname, probe, records } = domain
  // Why not "correct it" when reached: a proxy in front hides the records, and requests arrive.
  if (probe.state === 'reached' || isBlind(domain)) return NOTHING
  const { routing } = records
  const instruction = instructRecord(routing, domain)
  if (routing.observation.state !== 'found') return instruction
  switch (probe.state) {
    case 'not_tried':
    case 'unknown':
      return sentences(NOTHING, instruction)
    case 'unreachable':
      // Why nothing: the way from here to our own address may be the only one that is closed.
      return sentences(
        NOTHING,
        `If http://${hostname}/ does not open for you either, ask the operator of this server ` +
          'whether port 80 is open.',
        instruction,
      )
    case 'partly':
    case 'elsewhere':
      return sentences(
        `Let only the records that lead to "${routing.value}" stand at "${hostname}", and switch ` +
          'off a proxy in front of it.',
        instruction,
      )
    default:
      return probe.state satisfies never
  }
}
