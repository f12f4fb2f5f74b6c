import type { DnsAnswer, DnsType } from '../rules/dns-answer.ts'

/** One DNS server that can be asked. */
export type DnsServer = {
  /** Its address, for messages and metrics: one of the configured ones. */
  readonly name: string
  /**
   * Asks one question. Never rejects: what went wrong is an answer, too.
   *
   * @param signal when it aborts, the answer is a timeout
   */
  lookup(name: string, type: DnsType, signal: AbortSignal): Promise<DnsAnswer>
}
