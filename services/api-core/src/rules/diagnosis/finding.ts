import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { StagedDomain } from '../stages/stage.ts'

/** What a finding is about; `operator` is what only the operator of the server can change. */
export const FINDING_AREAS = [
  'operator',
  'dns',
  'claims',
  'ownership',
  'routing',
  'caa',
  'certificate',
] as const
/** One of `FINDING_AREAS`. */
export type FindingArea = (typeof FINDING_AREAS)[number]

/** `ok`: as it has to be; `info`: under way; `problem`: to be put right; `unknown`: not told. */
export const FINDING_LEVELS = ['ok', 'info', 'problem', 'unknown'] as const
/** One of `FINDING_LEVELS`. */
export type FindingLevel = (typeof FINDING_LEVELS)[number]

/** What a finding can be, for machines. */
export const FINDING_IDS = [
  'public_target_unset',
  'target_unresolved',
  'target_caa_forbids',
  'checks_overdue',
  'servers_answer',
  'servers_fail',
  'not_checked',
  'hostname_in_use',
  'ownership_moved',
  'takeover_in_sight',
  'txt_record',
  'txt_propagation',
  'routing_record',
  'routing_propagation',
  'probe',
  'caa',
  'certificate',
] as const
/** One of `FINDING_IDS`. */
export type FindingId = (typeof FINDING_IDS)[number]

/** One thing that a diagnosis says. */
export type Finding = {
  readonly id: FindingId
  readonly area: FindingArea
  readonly level: FindingLevel
  /** A short sentence without its full stop. */
  readonly title: string
  readonly detail: string
  /** What can be done, by the reader or by whom it names; undefined: nothing has to be. */
  readonly fix: string | undefined
}

/** What a diagnosis is made of. */
export type DiagnosedDomain = StagedDomain & {
  /** The raw answers of the last check; empty: not kept, or there was none. */
  readonly evidence: readonly Evidence[]
}
