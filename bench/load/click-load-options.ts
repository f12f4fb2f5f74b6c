import type { Latencies } from '../harness/statistics.ts'

/** The protocols that a click can be sent by. */
export type ClickProtocol = 'HTTP/1.1' | 'HTTP/2'

/** What the load of clicks is told. */
export type ClickLoadOptions = {
  readonly port: number
  readonly hostname: string
  readonly paths: readonly string[]
  /** A file with the root that the certificate goes back to. */
  readonly rootFile: string
  readonly protocol: ClickProtocol
  /** Whether every handshake resumes the same session. */
  readonly isResumed: boolean
  readonly concurrency: number
  readonly seconds: number
  readonly clicksMax: number
}

/** What it saw; durations in milliseconds, from opening the connection to the last octet. */
export type ClickLoadResult = Latencies & {
  readonly failed: number
  readonly resumed: number
  readonly seconds: number
  /** What the load itself used. */
  readonly cpuMs: number
}
