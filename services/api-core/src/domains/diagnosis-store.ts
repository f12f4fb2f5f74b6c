import type { Kysely } from 'kysely'
import type { Static } from 'typebox'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import type { Tables } from '../database/tables.ts'
import { instantJson, optionalInstantJson } from '../http/schema.ts'
import { diagnosisText, type DiagnosedAt } from '../rules/diagnosis-text.ts'
import { diagnose, type Diagnosis } from '../rules/diagnosis.ts'
import type { RecordNaming } from '../rules/domain-records.ts'
import type { DIAGNOSIS } from './diagnosis-schema.ts'
import { readContexts, stagedDomain } from './domain-context.ts'
import { answersJson } from './domain-json.ts'
import { toDomain } from './domain-row.ts'
import { getDomain } from './domain-store.ts'
import type { Domain } from './domain.ts'
import { parseEvidence } from './evidence.ts'

/** What a diagnosis is read with. */
export type DiagnosisDeps = {
  readonly naming: RecordNaming
  readonly db: Kysely<Tables>
  readonly now: EpochMs
}

/** A report, as JSON and as plain text. */
export type Report = {
  readonly json: Static<typeof DIAGNOSIS>
  readonly text: string
}

/**
 * Makes the report about a workspace's domain.
 *
 * @throws {AppError} `domain_not_found`
 */
export async function readReport(
  workspaceId: string,
  id: string,
  deps: DiagnosisDeps,
): Promise<Report> {
  return reportOn(await getDomain(workspaceId, id, deps.db), deps)
}

// Why hidden: whoever asks about a hostname is not known to be its owner.
const TOKENS = /fp-[a-z2-7]{32}/gi

/**
 * Gives the report about a hostname as JSON, for the private listener: of the domain
 * that holds it, else of the oldest claim; undefined: nobody has it. It names no
 * workspace and holds no verification token, of whatever domain.
 */
export async function describeHostname(
  hostname: Hostname,
  deps: DiagnosisDeps,
): Promise<string | undefined> {
  const row = await deps.db
    .selectFrom('domains')
    .selectAll()
    .where('hostname', '=', hostname)
    .where('deleted_at', 'is', null)
    .orderBy('is_holder', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { json } = await reportOn(toDomain(row), deps)
  return JSON.stringify(json).replaceAll(TOKENS, '(verification token)')
}

async function reportOn(domain: Domain, deps: DiagnosisDeps): Promise<Report> {
  const { naming, db } = deps
  const contextOf = await readContexts([domain], naming, deps)
  const row = await db
    .selectFrom('domain_evidence')
    .select('evidence_json')
    .where('domain_id', '=', domain.id)
    .executeTakeFirst()
  const context = contextOf(domain)
  const evidence = parseEvidence(row?.evidence_json ?? null)
  const diagnosis = diagnose({ ...stagedDomain(domain, context), evidence })
  const about = {
    hostname: domain.hostname,
    status: domain.status,
    statusSince: domain.statusSince,
    graceEndsAt: domain.graceEndsAt,
    nextCheckAt: domain.nextCheckAt,
    nextAttemptAt: context.certificate.nextAttemptAt,
  }
  return { json: diagnosisJson(diagnosis, about, domain), text: diagnosisText(diagnosis, about) }
}

function diagnosisJson(
  { verdict, findings, answers, checkedAt }: Diagnosis,
  about: DiagnosedAt,
  { hostname, status }: Domain,
): Static<typeof DIAGNOSIS> {
  return {
    hostname,
    status,
    status_since: instantJson(about.statusSince),
    verdict,
    findings: findings.map(({ id, area, level, title, detail, fix }) => ({
      id,
      area,
      level,
      title,
      detail,
      fix: fix ?? null,
    })),
    answers: answersJson(answers),
    checked_at: optionalInstantJson(checkedAt),
    next_check_at: optionalInstantJson(about.nextCheckAt),
    grace_ends_at: optionalInstantJson(about.graceEndsAt),
    next_attempt_at: optionalInstantJson(about.nextAttemptAt),
  }
}
