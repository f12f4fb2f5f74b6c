import type { DnsAnswer, DnsType } from '../rules/dns-answer.ts'
import type { DnsServer } from './resolver.ts'

/** A DNS server for tests. It answers what it was told, and refuses every other question. */
export class FakeResolver implements DnsServer {
  readonly name: string
  readonly #answers = new Map<string, DnsAnswer>()
  readonly #asked: string[] = []
  #everything: DnsAnswer | undefined

  constructor(name: string) {
    this.name = name
  }

  /** The questions so far, oldest first, as `CNAME links.acme.com`. */
  get asked(): readonly string[] {
    return this.#asked
  }

  /** Sets the answer to one question. */
  answers(type: DnsType, name: string, answer: DnsAnswer): this {
    this.#answers.set(questionOf(type, name), answer)
    return this
  }

  /** Answers every question in the same way until this is called with undefined. */
  answersEverything(answer: DnsAnswer | undefined): this {
    this.#everything = answer
    return this
  }

  async lookup(name: string, type: DnsType, signal: AbortSignal): Promise<DnsAnswer> {
    const question = questionOf(type, name)
    this.#asked.push(question)
    if (signal.aborted) return { kind: 'failed', failure: 'timeout' }
    const answer = this.#everything ?? this.#answers.get(question)
    if (answer === undefined) throw new Error(`${this.name} was asked "${question}" unexpectedly`)
    return answer
  }
}

function questionOf(type: DnsType, name: string): string {
  return `${type} ${name}`
}
