/** How much is kept ready at most. */
export type PreparedLimits = {
  readonly countMax: number
  /** About how much memory the answers take; each says its own share. */
  readonly octetsMax: number
}

/**
 * Answers that were given before, found again by `Host` and path as received,
 * without parsing either. Whoever puts one in vouches for the key: it is the
 * canonical hostname and the plain path of one link, so there is one key to a
 * link, however it is asked for, and a query makes no other.
 *
 * There are two generations: what is asked for moves into the young one, and
 * when that is full the old one goes. So what nobody asks for any more is
 * forgotten without keeping an order on every request.
 */
export class PreparedAnswers<Answer extends { readonly octets: number }> {
  readonly #limits: PreparedLimits
  #young = new Map<string, Map<string, Answer>>()
  #old = new Map<string, Map<string, Answer>>()
  #youngCount = 0
  #youngOctets = 0

  constructor(limits: PreparedLimits) {
    this.#limits = limits
  }

  /** @param requestTarget as received */
  get(host: string, requestTarget: string): Answer | undefined {
    const queryAt = requestTarget.indexOf('?')
    const path = queryAt === -1 ? requestTarget : requestTarget.slice(0, queryAt)
    const young = this.#young.get(host)?.get(path)
    if (young !== undefined) return young
    const old = this.#old.get(host)?.get(path)
    if (old !== undefined) this.put(host, path, old)
    return old
  }

  put(host: string, path: string, answer: Answer): void {
    const before = this.#young.get(host)?.get(path)
    if (before === undefined) this.#makeRoom(answer.octets)
    this.#youngCount += before === undefined ? 1 : 0
    this.#youngOctets += answer.octets - (before?.octets ?? 0)
    const ofHost = this.#young.get(host) ?? new Map<string, Answer>()
    this.#young.set(host, ofHost.set(path, answer))
  }

  /** Forgets everything. */
  clear(): void {
    this.#age()
    this.#age()
  }

  #makeRoom(octets: number): void {
    const { countMax, octetsMax } = this.#limits
    const hasRoom = this.#youngCount < countMax / 2 && this.#youngOctets + octets <= octetsMax / 2
    if (!hasRoom) this.#age()
  }

  #age(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#youngCount = 0
    this.#youngOctets = 0
  }
}
