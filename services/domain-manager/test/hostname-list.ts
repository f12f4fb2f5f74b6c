import type { DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { CompactHostnames, type KnownHostname } from '../src/ask/compact-hostnames.ts'
import type { HostnameList } from '../src/ask/hostname-table.ts'

/** Reads a text that the test knows to be a hostname. */
export function name(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`"${text}" is no hostname`)
  return hostname
}

/** Gives an empty place for hostnames, as tables do. */
export const emptyList = (expected = 0): CompactHostnames => new CompactHostnames(7, expected)

/** Makes a list of hostnames by status; nothing is known of their certificates but what is said. */
export function listOf(
  known: Readonly<Record<string, DomainStatus | KnownHostname>>,
  facts: { readonly sequence?: number; readonly currentAt?: number } = {},
): HostnameList {
  const hostnames = emptyList()
  for (const [text, value] of Object.entries(known)) {
    const none = { certificate: 'none', mayHoldUntil: undefined } as const
    hostnames.set(name(text), typeof value === 'string' ? { status: value, ...none } : value)
  }
  return { hostnames, sequence: 1, currentAt: 1, ...facts }
}
