import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { CheckOutcome, CoreApi, DueDomain } from '@fingerpost/contract/core-api'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import { NO_OBSERVATIONS, type CaaObservation } from '@fingerpost/model/domain-check'
import { AppError } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import type { CaaLook } from '../caa/look-at-caa.ts'
import type { ProbeLook } from '../probe/probe-routing.ts'
import { decideCheck, type CheckSettings, type SeenByCheck } from '../rules/check-decision.ts'
import { isCaaDue, isRefusalUntold } from '../rules/look-plan.ts'
import type { DnsLook } from './observe-domain.ts'

/** What a check needs. */
export type CheckDeps = {
  readonly core: Pick<CoreApi, 'recordCheck' | 'recordCertificate'>
  /** Looks at DNS. */
  readonly observe: (domain: DueDomain, signal: AbortSignal) => Promise<DnsLook>
  /** Fetches our own proof by HTTP from every published address. */
  readonly probe: (
    subject: { readonly hostname: Hostname; readonly addresses: readonly string[] },
    signal: AbortSignal,
  ) => Promise<ProbeLook>
  readonly lookAtCaa: (
    subject: { readonly hostname: Hostname; readonly cnameTarget: string },
    signal: AbortSignal,
  ) => Promise<CaaLook>
  /** Told of a domain that is to have a certificate, after each check of it. */
  readonly keepWarm: (domain: DueDomain) => void
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
  const dns = await deps.observe(domain, signal)
  const { seen, evidence, caaEvidence } = await lookFurther(domain, dns, signal, deps)
  const now = deps.clock.now()
  const decision = decideCheck(domain, seen, now, deps.settings, deps.random())
  const outcome = await deps.core.recordCheck({
    domainId: domain.id,
    lease: domain.lease,
    expectedVersion: domain.version,
    checkedAt: now,
    evidence,
    ...decision,
  })
  logOutcome(domain, decision.transition, outcome, deps.log)
  const { transition, nextCheckAt } = decision
  const status = transition?.to ?? domain.status
  if (outcome === 'applied') {
    await careForCertificate({ ...domain, status }, { caa: seen.caa, caaEvidence, now }, deps)
  }
  const isDueNow = outcome === 'applied' && nextCheckAt !== undefined && nextCheckAt <= now
  return { outcome, isDueNow }
}

type FurtherLook = {
  readonly seen: SeenByCheck
  readonly evidence: readonly Evidence[]
  /** Which of it is about CAA. */
  readonly caaEvidence: readonly Evidence[]
}

/** Takes the looks besides DNS that are due; of the others it gives what is stored. */
async function lookFurther(
  domain: DueDomain,
  dns: DnsLook,
  signal: AbortSignal,
  deps: CheckDeps,
): Promise<FurtherLook> {
  const { ownership, routing, addresses, evidence } = dns
  const { probe, caa } = domain.observations
  const seen = { ownership, routing, probe, caa }
  if (domain.isTombstone) return { seen, evidence, caaEvidence: [] }
  const { hostname, cnameTarget } = domain
  const looksAtCaa = isCaaDue(caa, deps.clock.now()) || isRefusalUntold(domain, caa)
  const [probed, looked] = await Promise.all([
    addresses?.length ? deps.probe({ hostname, addresses }, signal) : undefined,
    looksAtCaa ? deps.lookAtCaa({ hostname, cnameTarget }, signal) : undefined,
  ])
  const caaEvidence = looked?.evidence ?? []
  return {
    seen: {
      ...seen,
      // Why not the stored one when a probe was due: without an address there is nothing to reach.
      probe: probed?.probe ?? (addresses === undefined ? probe : NO_OBSERVATIONS.probe),
      caa: looked?.caa ?? caa,
    },
    evidence: [...evidence, ...(probed?.evidence ?? []), ...caaEvidence],
    caaEvidence,
  }
}

/**
 * Has a domain's certificate kept warm, or says why there can be none.
 *
 * Why not while only verified: without routing the CA could not validate the hostname.
 */
async function careForCertificate(
  domain: DueDomain,
  seen: {
    readonly caa: CaaObservation
    readonly caaEvidence: readonly Evidence[]
    readonly now: EpochMs
  },
  deps: CheckDeps,
): Promise<void> {
  const { hostname, status, certificate } = domain
  const { caa, now } = seen
  if (domain.isTombstone || (status !== 'active' && status !== 'degraded')) return
  const isFirst = certificate.seen === undefined
  // Why only the first: one that is there is to be renewed for as long as the CA does it.
  if (isFirst && caa.state === 'forbids') {
    if (!isRefusalUntold(domain, caa)) return
    const error = { code: 'caa', message: `${caa.message} ${caa.fix ?? ''}`.trim() } as const
    const news = { kind: 'failed', error, nextAttemptAt: undefined } as const
    try {
      const evidence = seen.caaEvidence
      await deps.core.recordCertificate({ hostname, seenAt: now, news, evidence })
    } catch (cause) {
      if (!(cause instanceof AppError)) throw cause
      const what = { hostname, error_code: cause.code }
      deps.log.warn(what, 'CAA refusal not stored; the next check tells it again')
    }
    return
  }
  const { nextAttemptAt } = certificate
  if (isFirst && nextAttemptAt !== undefined && nextAttemptAt > now) return
  deps.keepWarm(domain)
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
