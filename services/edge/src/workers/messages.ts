import type { MetricsSnapshot } from '@fingerpost/chassis/metrics'

/** What a worker tells the primary. */
export type WorkerMessage =
  | { readonly kind: 'accepting'; readonly isAccepting: boolean }
  | { readonly kind: 'metrics'; readonly metrics: MetricsSnapshot }

/** What the primary tells a worker: that it is the lead from now on, or to tell its metrics. */
export type PrimaryMessage = { readonly kind: 'lead' } | { readonly kind: 'metrics_wanted' }

/** Reads a worker's message; undefined: it is none of these. */
export function readWorkerMessage(message: unknown): WorkerMessage | undefined {
  if (!hasKind(message)) return undefined
  if (message.kind === 'accepting' && 'isAccepting' in message) {
    return { kind: 'accepting', isAccepting: message.isAccepting === true }
  }
  if (message.kind !== 'metrics' || !('metrics' in message)) return undefined
  return Array.isArray(message.metrics)
    ? { kind: 'metrics', metrics: message.metrics as MetricsSnapshot }
    : undefined
}

/** Reads the primary's message; undefined: it is none of these. */
export function readPrimaryMessage(message: unknown): PrimaryMessage | undefined {
  if (!hasKind(message)) return undefined
  const { kind } = message
  return kind === 'lead' || kind === 'metrics_wanted' ? { kind } : undefined
}

function hasKind(message: unknown): message is { readonly kind: unknown } {
  return typeof message === 'object' && message !== null && 'kind' in message
}
