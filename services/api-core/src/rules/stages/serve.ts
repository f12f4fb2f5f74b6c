import { describeInstant } from '@fingerpost/model/time'
import { getCertificate } from './get-certificate.ts'
import { hasCertificate, type StagedDomain, type Words } from './stage.ts'
import { FINISH_EARLIER, nextLook, NOTHING } from './words.ts'

/** Tells the stage in which visitors get their redirects. */
export function serve(domain: StagedDomain): Words {
  const { hostname, status, graceEndsAt, records } = domain
  const { value } = records.routing
  switch (status) {
    case 'pending_verification':
      return {
        state: 'waiting',
        happening: `Nothing is served on "${hostname}" before its ownership is proved.`,
        you: FINISH_EARLIER,
        next:
          `Links can be made already. They are served as soon as "${hostname}" is proved and ` +
          'leads here.',
      }
    case 'verified':
      return {
        state: 'waiting',
        happening: `The links on "${hostname}" are ready; visitors get them when it leads here.`,
        you: FINISH_EARLIER,
        next: `As soon as there is a certificate, https://${hostname}/ answers.`,
      }
    case 'active':
      return serveActive(domain)
    case 'degraded':
      return {
        state: 'current',
        happening: `The links on "${hostname}" are still served to whoever reaches this server.`,
        you: `Let "${hostname}" lead to "${value}" again.`,
        next:
          (graceEndsAt === undefined
            ? 'At the end of the grace period'
            : `If that is not seen before ${describeInstant(graceEndsAt)},`) +
          ' the domain is suspended and its links answer 410.',
      }
    case 'suspended':
      return {
        state: 'failed',
        happening: `The links on "${hostname}" are not served any more: they answer 410.`,
        you: `Let "${hostname}" lead to "${value}" again, or delete the domain.`,
        next: `As soon as it leads here, everything is served as before. ${nextLook(domain)}`,
      }
    default:
      return status satisfies never
  }
}

function serveActive(domain: StagedDomain): Words {
  const { hostname } = domain
  if (hasCertificate(domain)) {
    return {
      state: 'done',
      happening: `Links on "${hostname}" are served.`,
      you: NOTHING,
      next: `Make links; each answers under https://${hostname}/.`,
    }
  }
  const isStuck = getCertificate(domain).state === 'failed'
  return {
    state: isStuck ? 'failed' : 'waiting',
    happening:
      `The links on "${hostname}" are ready. Browsers get them when there is a certificate; ` +
      'until then plain HTTP answers with a page that says so.',
    you: isStuck ? 'Do what the stage of the certificate says.' : NOTHING,
    next: `As soon as there is a certificate, https://${hostname}/ answers.`,
  }
}
