import type { CertificateError } from '@fingerpost/model/certificate'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import type { LimitName } from './acme-budget.ts'

/** What Caddy's log says of a hostname's certificate. */
export type CaddyEvent = {
  readonly hostname: Hostname
  readonly at: EpochMs
} &
  /** An order was begun; `isRenewal` when Caddy replaces one that it has. */
  (
    | { readonly kind: 'order_begun'; readonly isRenewal: boolean }
    | {
        readonly kind: 'issued'
        readonly isRenewal: boolean
        readonly evidence: readonly Evidence[]
      }
    /** The attempt failed; Caddy tries again at `retryAt`, if it said so. */
    | {
        readonly kind: 'failed'
        readonly error: CertificateError
        /** Whether the CA failed to validate the hostname, which counts against it. */
        readonly isValidationFailure: boolean
        /** The limit of which the CA says that it is reached; undefined: it named none. */
        readonly limit: LimitName | undefined
        readonly retryAt: EpochMs | undefined
        readonly evidence: readonly Evidence[]
      }
  )
