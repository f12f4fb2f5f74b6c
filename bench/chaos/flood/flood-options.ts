/** What a flood is told. */
export type FloodOptions = {
  readonly port: number
  readonly hostname: string
  /** Requests per second at most. */
  readonly rate: number
  readonly durationMs: number
  readonly seed: number
}

/** What a flood saw. */
export type FloodReport = {
  readonly sent: number
  readonly answered: number
  readonly byStatus: Readonly<Record<string, number>>
}
