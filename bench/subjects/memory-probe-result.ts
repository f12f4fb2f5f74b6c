/** What the probe of the edge's memory found, in octets. */
export type ProbedMemory = {
  /** Links that L1 holds. */
  readonly kept: number
  readonly octetsPerLink: number
  /** What its id, slug and destination alone take. */
  readonly ownOctetsPerLink: number
  readonly hostnameOctetsPerLink: number
}
