import { isDnsAnswer } from '@fingerpost/model/dns-evidence'
import { describeInstant } from '@fingerpost/model/time'
import { PLACEHOLDER_TARGET } from '../domain-records.ts'
import { isForbiddenByOperator } from '../stages/stage.ts'
import { LOOK_LATE_MS } from '../stages/words.ts'
import { isUsable } from './dns-findings.ts'
import type { DiagnosedDomain, Finding } from './finding.ts'

/** Finds what only the operator of the server can put right. */
export function operatorFindings(domain: DiagnosedDomain): readonly Finding[] {
  const { caa, hostname, records, nextCheckAt, now } = domain
  const target = records.routing.value
  const found: Finding[] = []
  const add = (id: Finding['id'], title: string, detail: string, fix: string): void => {
    found.push({ id, area: 'operator', level: 'problem', title, detail, fix })
  }
  if (!domain.hasPublicTarget) {
    add(
      'public_target_unset',
      'FINGERPOST_PUBLIC_TARGET is not set',
      `No CNAME can lead here: "${PLACEHOLDER_TARGET}" stands in for this server's name.`,
      'The operator of this server has to set FINGERPOST_PUBLIC_TARGET to a name that leads to it.',
    )
  } else if (isTargetUnresolved(domain)) {
    add(
      'target_unresolved',
      `The name "${target}" has no address`,
      'The DNS servers that were asked know no A and no AAAA record of it, so a CNAME to it ' +
        'leads nowhere.',
      'The operator of this server has to publish A and AAAA records for every name under ' +
        'FINGERPOST_PUBLIC_TARGET, by a wildcard for example.',
    )
  }
  if (isForbiddenByOperator(domain)) {
    add(
      'target_caa_forbids',
      `CAA at "${target}" forbids the certificate`,
      caa.message,
      `The operator of this server has to change the CAA records at "${target}".`,
    )
  }
  if (nextCheckAt !== undefined && now - nextCheckAt > LOOK_LATE_MS) {
    add(
      'checks_overdue',
      'A look at DNS is overdue',
      `"${hostname}" was to be looked at on ${describeInstant(nextCheckAt)}, and has not been.`,
      'The operator of this server has to see that domain-manager runs and reaches api-core.',
    )
  }
  return found
}

function isTargetUnresolved({ evidence, records }: DiagnosedDomain): boolean {
  const target = records.routing.value
  const asked = evidence.filter(
    (answer) => isDnsAnswer(answer) && [`A ${target}`, `AAAA ${target}`].includes(answer.question),
  )
  const told = asked.filter(isUsable)
  return told.length > 0 && told.every(({ values }) => values.length === 0)
}
