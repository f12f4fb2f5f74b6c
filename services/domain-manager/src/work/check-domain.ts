import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { CheckOutcome, CoreApi, DueDomain } from '@fingerpost/contract/core-api'
import type { Observations } from '../rules/domain-state.ts'
import { decideCheck, type CheckSettings } from '../rules/check-decision.ts'

/** What a check needs. */
export type CheckDeps = {
  readonly core: Pick<CoreApi, 'recordCheck'>
  readonly observe: (domain: DueDomain, signal: AbortSignal) => Promise<Observations>
  readonly settings: CheckSettings
  readonly clock: Pick<Clock, 'now'>
  readonly random: () => number
  readonly log: Logger
}

/** What became of a check. */
export type FinishedCheck = {
  readonly outcome: CheckOutcome
  /** Whether core holds the domain to be due again at once. */
  readonly isDueNow: boolean
}

/**
 * Checks one domain: looks, decides, has core store it.
 *
 * @param signal when it aborts, what is not answered yet counts as "cannot tell"
 * @throws AppError when core could not be told; the domain is due again when its lease ends
 */
export async function checkDomain(
  domain: DueDomain,
  signal: AbortSignal,
  deps: CheckDeps,
): Promise<FinishedCheck> {
  const seen = await deps.observe(domain, signal)
  const now = deps.clock.now()
  const decision = decideCheck(domain, seen, now, deps.settings, deps.random())
  const outcome = await deps.core.recordCheck({
    domainId: domain.id,
    lease: domain.lease,
    expectedVersion: domain.version,
    checkedAt: now,
    ...decision,
    takeoverSeenAt: undefined,
    evidence: [],
    reminders: [],
  })
  logOutcome(domain, decision.transition, outcome, deps.log)
  return { outcome, isDueNow: outcome === 'applied' && decision.nextCheckAt <= now }
}

function logOutcome(
  domain: DueDomain,
  transition: ReturnType<typeof decideCheck>['transition'],
  outcome: CheckOutcome,
  log: Logger,
): void {
  const { id, hostname, status } = domain
  const who = { domain_id: id, workspace_id: domain.workspaceId, hostname }
  if (outcome === 'superseded') {
    log.debug(who, 'check came too late; the domain is checked again')
    return
  }
  if (transition === undefined) return
  const { to, code, message } = transition
  const what = { ...who, from: status, to, reason: code, explanation: message }
  if (outcome === 'applied') log.info(what, 'domain status changed')
  else log.info(what, 'hostname proved but held by another workspace')
}
