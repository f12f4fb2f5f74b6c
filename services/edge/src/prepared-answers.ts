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
export class PreparedAnswers<Answer> {
  readonly #youngMax: number
  #young = new Map<string, Map<string, Answer>>()
  #old = new Map<string, Map<string, Answer>>()
  #youngCount = 0

  /** @param countMax most answers at once */
  constructor(countMax: number) {
    this.#youngMax = Math.max(1, Math.floor(countMax / 2))
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
    if (this.#youngCount >= this.#youngMax) this.#age()
    const ofHost = this.#young.get(host) ?? new Map<string, Answer>()
    this.#young.set(host, ofHost)
    this.#youngCount += ofHost.has(path) ? 0 : 1
    ofHost.set(path, answer)
  }

  #age(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#youngCount = 0
  }
}
