import type { MetricsSnapshot } from '@fingerpost/chassis/metrics'

/** What a worker tells the primary. */
export type WorkerMessage =
  | { readonly kind: 'accepting'; readonly isAccepting: boolean }
  | { readonly kind: 'metrics'; readonly metrics: MetricsSnapshot }
  /** What it knows is in the file from which its successors learn. */
  | { readonly kind: 'saved' }
  /** It takes no connections any more, and wants to know when none is on its way to it. */
  | { readonly kind: 'closed' }

/**
 * What the primary tells a worker: to be the lead, to tell its metrics, to save what it knows, that
 * it may end.
 */
export type PrimaryMessage = { readonly kind: (typeof PRIMARY_KINDS)[number] }

const PRIMARY_KINDS = ['lead', 'metrics_wanted', 'save', 'may_end'] as const

/** Reads a worker's message; undefined: it is none of these. */
export function readWorkerMessage(message: unknown): WorkerMessage | undefined {
  if (!hasKind(message)) return undefined
  if (message.kind === 'accepting' && 'isAccepting' in message) {
    return { kind: 'accepting', isAccepting: message.isAccepting === true }
  }
  if (message.kind === 'closed') return { kind: 'closed' }
  if (message.kind === 'saved') return { kind: 'saved' }
  if (message.kind !== 'metrics' || !('metrics' in message)) return undefined
  return Array.isArray(message.metrics)
    ? { kind: 'metrics', metrics: message.metrics as MetricsSnapshot }
    : undefined
}

/** Reads the primary's message; undefined: it is none of these. */
export function readPrimaryMessage(message: unknown): PrimaryMessage | undefined {
  if (!hasKind(message)) return undefined
  const kind = PRIMARY_KINDS.find((candidate) => candidate === message.kind)
  return kind === undefined ? undefined : { kind }
}

function hasKind(message: unknown): message is { readonly kind: unknown } {
  return typeof message === 'object' && message !== null && 'kind' in message
}
