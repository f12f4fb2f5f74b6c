import type { Destination } from '@fingerpost/model/destination'
import type { DomainObservations, DomainReasonMessage } from '@fingerpost/model/domain-check'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'

/** A workspace's record about one of its hostnames. */
export type Domain = {
  readonly id: string
  readonly workspaceId: string
  readonly hostname: Hostname
  readonly tier: string
  readonly status: DomainStatus
  readonly statusSince: EpochMs
  readonly reason: DomainReasonMessage
  readonly verificationToken: string
  readonly cnameLabel: string
  readonly rootUrl: Destination | undefined
  readonly notFoundUrl: Destination | undefined
  /** Whether `DNT: 1` and `Sec-GPC: 1` keep a click's dimensions from being counted. */
  readonly honoursPrivacySignals: boolean
  readonly observations: DomainObservations
  readonly graceEndsAt: EpochMs | undefined
  readonly lossSeenAt: EpochMs | undefined
  /** When a proof of this claim, and the absence of the holder's, was first seen. */
  readonly takeoverSeenAt: EpochMs | undefined
  readonly groupId: string | undefined
  /** Deleted; looked at while DNS still leads here. */
  readonly isTombstone: boolean
  readonly nextCheckAt: EpochMs | undefined
  readonly fastUntil: EpochMs
  readonly quietChecks: number
  readonly version: number
  readonly createdAt: EpochMs
}
