import { randomBytes } from 'node:crypto'
import { PROBE_PATH, PROBE_RANDOM_OCTETS, type ProbeProof } from '@fingerpost/contract/probe-proof'
import type { ProbeObservation } from '@fingerpost/model/domain-check'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { OutgoingLimits } from '../outgoing/pinned-request.ts'
import { observeProbe, type AddressProbe, type ProbeOutcome } from '../rules/probe-observation.ts'
import { boundedValues } from '../rules/published-values.ts'
import { probeAddress, type ProbeAddressDeps } from './probe-address.ts'

/** What probing a hostname needs. */
export type ProbeDeps = Omit<ProbeAddressDeps, 'proof'> & {
  readonly proof: Pick<ProbeProof, 'isAnswer' | 'makeNonce'>
  readonly now: () => EpochMs
}

/** What a probe gave, with the answers that it rests on. */
export type ProbeLook = {
  readonly probe: ProbeObservation
  readonly evidence: readonly Evidence[]
}

/** How long one address is waited for at each step, and how much of its answer is read. */
export const PROBE_LIMITS: OutgoingLimits = {
  totalMsMax: 5_000,
  connectMsMax: 3_000,
  headerOctetsMax: 16_384,
  bodyOctetsMax: 256,
}

/** Most addresses of a hostname that are probed. */
export const PROBED_ADDRESSES_MAX = 16

/** Most addresses of a hostname that are probed at the same time. */
export const PROBES_AT_ONCE_MAX = 4

/** How long all addresses together may take. */
export const PROBE_MS_MAX: DurationMs = 12_000

/** How long a nonce is good: long enough for the clocks of two machines to differ. */
export const NONCE_MS: DurationMs = 600_000

/**
 * Fetches our own proof by HTTP from every published address of a hostname, as
 * a CA would, and makes one observation of what came.
 *
 * @param signal when it aborts, what has not come yet says nothing
 */
export async function probeRouting(
  subject: { readonly hostname: Hostname; readonly addresses: readonly string[] },
  signal: AbortSignal,
  deps: ProbeDeps,
): Promise<ProbeLook> {
  const { hostname } = subject
  const addresses = [...new Set(subject.addresses)].slice(0, PROBED_ADDRESSES_MAX)
  const either = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS_MAX)])
  const random = randomBytes(PROBE_RANDOM_OCTETS)
  const nonce = deps.proof.makeNonce(deps.now() + NONCE_MS, random)
  const probes: AddressProbe[] = []
  const waiting = addresses.values()
  const work = async (): Promise<void> => {
    // Why shared: each worker takes the next address that nobody has.
    for (const address of waiting) {
      const outcome = await probeAddress({ hostname, nonce, address }, either, deps)
      probes.push({ address, outcome })
    }
  }
  await Promise.all(Array.from({ length: PROBES_AT_ONCE_MAX }, work))
  probes.sort((one, other) => addresses.indexOf(one.address) - addresses.indexOf(other.address))
  const at = deps.now()
  return {
    probe: observeProbe(hostname, probes, at),
    evidence: probes.map(({ address, outcome }) => ({
      role: 'probe',
      server: address,
      // Why not the nonce: it is good for a while yet.
      question: `GET http://${hostname}${PROBE_PATH}…`,
      outcome: wordOf(outcome),
      values: 'url' in outcome ? boundedValues([outcome.url]) : [],
      ttlS: undefined,
      at,
    })),
  }
}

function wordOf(outcome: ProbeOutcome): string {
  if (outcome.kind === 'answered') return `HTTP ${outcome.status}`
  return outcome.kind === 'failed' ? outcome.failure : outcome.kind
}
