import type { Logger } from '@fingerpost/chassis/logger'
import type { CertificateRecord, CoreApi } from '@fingerpost/contract/core-api'
import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { BudgetVerdict } from '../rules/acme-budget.ts'
import { answerAsk, heldBack, type AskAnswer } from '../rules/ask-answer.ts'
import { answerPlain, type PlainAnswer } from '../rules/plain-answer.ts'
import type { HostnameReport } from './ask-server.ts'
import { holdMessage, type BudgetKeeper, type Hold } from './budget-keeper.ts'
import type { HostnameTable } from './hostname-table.ts'

/** How long a report waits for core. */
const REPORT_MS_MAX: DurationMs = 1_500

/** What the answers are made from. */
export type AnswersDeps = {
  readonly table: HostnameTable
  /** Undefined: no limits are kept. */
  readonly budget: BudgetKeeper | undefined
  readonly now: () => EpochMs
  /** Takes what core is to hear of certificates. */
  readonly news: { add(record: CertificateRecord): void }
  readonly log: Logger
}

/** The answers that the listeners give. */
export type Answers = {
  readonly answer: (hostname: Hostname) => AskAnswer
  readonly answerPlain: (hostname: Hostname) => PlainAnswer
  readonly describe: (hostname: Hostname) => Promise<HostnameReport>
  /** Lets reports ask core from now on. */
  readonly connect: (core: Pick<CoreApi, 'describeHostname'>) => void
}

/** Makes the answers from what is in memory; only reports ask core as well. */
export function answersOf({ table, budget, now, news, log }: AnswersDeps): Answers {
  let core: Pick<CoreApi, 'describeHostname'> | undefined

  const tellOfHold = (hostname: Hostname, hold: Hold, at: EpochMs): void => {
    const slot = budget?.newSlot(hostname, hold, at)
    if (slot === undefined) return
    log.info({ hostname, until: slot }, 'certificate held back')
    const error = { code: 'held_back', message: holdMessage(hold.reason, slot) } as const
    const failed = { kind: 'failed', error, nextAttemptAt: slot } as const
    // Why no evidence: nobody was asked, the limits are our own count.
    news.add({ hostname, seenAt: at, news: failed, evidence: [] })
  }

  const answer = (hostname: Hostname): AskAnswer => {
    const known = table.get(hostname)
    const byStatus = answerAsk(known?.status, table.isLoaded)
    if (budget === undefined || known === undefined || byStatus.decision !== 'allowed') {
      return byStatus
    }
    const at = now()
    const verdict = budget.judge(hostname, known, at)
    if (verdict.kind !== 'held_back') return byStatus
    const held = answerOfHold(verdict)
    // Why not after a failure: core knows that one, with its reason and its pause.
    if (verdict.reason !== 'backoff') tellOfHold(hostname, verdict, at)
    return held
  }

  return {
    answer,
    answerPlain: (hostname) => plainAnswerOf(hostname, { table, budget }, now()),
    async describe(hostname) {
      const known = table.get(hostname)
      const byStatus = answerAsk(known?.status, table.isLoaded)
      const isAllowed = known !== undefined && byStatus.decision === 'allowed'
      const verdict = isAllowed ? budget?.look(hostname, known, now()) : undefined
      const said = verdict?.kind === 'held_back' ? answerOfHold(verdict) : byStatus
      const { decision, reason, message, retryAt } = said
      const report = core === undefined ? AWAY : await reportOf(hostname, core)
      const body = {
        hostname,
        status: known?.status ?? null,
        decision,
        reason,
        message,
        next_attempt_at: timeOf(retryAt),
        certificate: {
          status: known?.certificate ?? 'none',
          may_hold_until: timeOf(known?.mayHoldUntil),
        },
        known_since: timeOf(table.currentAt),
        ...report,
      }
      return { answer: said, isKnown: known !== undefined, body }
    },
    connect(connected) {
      core = connected
    },
  }
}

function plainAnswerOf(
  hostname: Hostname,
  { table, budget }: Pick<AnswersDeps, 'table' | 'budget'>,
  now: EpochMs,
): PlainAnswer {
  const question = {
    known: table.get(hostname),
    heldByLogUntil: budget?.holdOf(hostname, now),
    isLoaded: table.isLoaded,
    hasCertificateNews: table.hasCertificateNews,
    isLocal: hostname.endsWith('.localhost'),
  }
  return answerPlain(question, now)
}

function answerOfHold(hold: Extract<BudgetVerdict, { kind: 'held_back' }>): AskAnswer {
  return heldBack(holdMessage(hold.reason, hold.until), hold.until)
}

type CoreReport = {
  /** Whether the report has what core says, or memory alone. */
  readonly source: 'core' | 'memory'
  readonly diagnosis: unknown
}

const AWAY: CoreReport = { source: 'memory', diagnosis: null }

async function reportOf(
  hostname: Hostname,
  core: Pick<CoreApi, 'describeHostname'>,
): Promise<CoreReport> {
  const { promise: late, resolve } = Promise.withResolvers<CoreReport>()
  const timer = setTimeout(() => resolve(AWAY), REPORT_MS_MAX)
  try {
    return await Promise.race([askCore(hostname, core), late])
  } finally {
    clearTimeout(timer)
  }
}

async function askCore(
  hostname: Hostname,
  core: Pick<CoreApi, 'describeHostname'>,
): Promise<CoreReport> {
  try {
    const text = await core.describeHostname(hostname)
    const diagnosis: unknown = text === undefined ? null : JSON.parse(text)
    return { source: 'core', diagnosis }
  } catch {
    // Why ignored: without core there is what memory says, and the report says so.
    return AWAY
  }
}

function timeOf(instant: EpochMs | undefined): string | null {
  return instant === undefined ? null : new Date(instant).toISOString()
}
