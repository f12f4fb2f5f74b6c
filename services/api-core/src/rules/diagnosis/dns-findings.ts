import { isDnsAnswer, type Evidence } from '@fingerpost/model/dns-evidence'
import { quoted } from '@fingerpost/model/quote'
import { nextLook } from '../stages/words.ts'
import type { DiagnosedDomain, Finding } from './finding.ts'

// Why few: a server that fails does so with every question.
const FAILURES_SHOWN_MAX = 3

/** Finds whether the DNS servers gave answers that count. */
export function dnsFindings(domain: DiagnosedDomain): readonly Finding[] {
  const { evidence, records } = domain
  const { ownership, routing } = records
  const isLookedAt = [ownership, routing].some(
    ({ observation }) => observation.checkedAt !== undefined,
  )
  if (!isLookedAt) {
    const detail = `The records of "${domain.hostname}" were not looked up yet. ${nextLook(domain)}`
    return [finding('not_checked', 'info', 'DNS was not looked at yet', detail)]
  }
  const answers = evidence.filter(isDnsAnswer)
  if (answers.length === 0) return []
  const servers = new Set(answers.map(({ server }) => server))
  const failures = answers.filter((answer) => !isUsable(answer))
  const failed = new Set(failures.map(({ server }) => server))
  if (failed.size === 0) {
    const detail = `${whoOf(servers.size)} gave answers that count.`
    return [finding('servers_answer', 'ok', 'DNS servers answer', detail)]
  }
  const shown = failures
    .slice(0, FAILURES_SHOWN_MAX)
    .map((one) => `${one.server} gave ${quoted(one.outcome)} to ${quoted(one.question)}`)
  const more = failures.length - shown.length
  const detail =
    `${failedOf(failed.size, servers.size)} gave answers that do not count: ` +
    `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}. Nothing changes for that.`
  const isUntold = failures.length === answers.length || isHostnameUntold(domain, answers)
  const title =
    servers.size === 1
      ? 'The DNS server gave answers that do not count'
      : 'Some DNS servers gave no usable answer'
  const level = isUntold ? 'unknown' : 'info'
  const fix = isUntold ? fixOf(domain.hostname, failures) : undefined
  return [{ ...finding('servers_fail', level, title, detail), fix }]
}

function isHostnameUntold({ records }: DiagnosedDomain, answers: readonly Evidence[]): boolean {
  const names = [records.ownership.name, records.routing.name]
  const about = answers.filter(({ question }) =>
    names.some((name) => question.endsWith(` ${name}`)),
  )
  return about.length > 0 && !about.some(isUsable)
}

function fixOf(hostname: string, failures: readonly Evidence[]): string {
  // Why by the first letter: answers are told by their code, silence and all else in small letters.
  const hasAnswered = failures.some(({ outcome }) => /^[A-Z]/.test(outcome))
  return hasAnswered
    ? `If this lasts, ask the DNS provider of "${hostname}" why its name servers give errors; ` +
        'the usual cause of SERVFAIL is DNSSEC that was set up wrong, or left behind by a move.'
    : 'If this lasts, the operator of this server has to see that it reaches the DNS servers in ' +
        'DOMAINS_DNS_SERVERS.'
}

function whoOf(servers: number): string {
  if (servers === 1) return 'The one DNS server that was asked'
  return servers === 2
    ? 'Both DNS servers that were asked'
    : `All ${servers} DNS servers that were asked`
}

function failedOf(failed: number, servers: number): string {
  return failed === servers ? whoOf(servers) : `${failed} of ${servers} DNS servers`
}

/** Tells whether an answer says what is there, or that nothing is. */
export function isUsable({ outcome }: Pick<Evidence, 'outcome'>): boolean {
  return outcome === 'NOERROR' || outcome === 'NXDOMAIN'
}

function finding(
  id: Finding['id'],
  level: Finding['level'],
  title: string,
  detail: string,
): Finding {
  return { id, area: 'dns', level, title, detail, fix: undefined }
}
