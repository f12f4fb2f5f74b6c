import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { KNOWN_SETTINGS } from './known-settings.ts'
import { StartError } from './start-error.ts'

/** Where something listens or is reached: an IP address or name, and a port (0: any free one). */
export type Address = { readonly host: string; readonly port: number }

/**
 * Reads a process's settings from an environment, and remembers every problem
 * so that a wrong configuration is reported once, in full, at start.
 *
 * An empty variable counts as unset. Each method takes the variable's name, and
 * what counts when it is unset.
 */
export class Environment {
  readonly #values: Readonly<Record<string, string | undefined>>
  readonly #problems: string[] = []
  readonly #read = new Set<string>()

  constructor(values: Readonly<Record<string, string | undefined>>) {
    this.#values = values
  }

  /** Reads any text, or undefined when it is unset. */
  text(name: string): string | undefined {
    this.#read.add(name)
    const text = this.#values[name]
    return text === undefined || text === '' ? undefined : text
  }

  /** Reads a whole number; the name ends in its unit, for example `_MS`. */
  integer(
    name: string,
    fallback: number,
    limits: { readonly min: number; readonly max: number },
  ): number {
    const text = this.text(name)
    if (text === undefined) return fallback
    // Why the pattern: Number() also reads "0x10", "1e3" and " 5".
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value) && value >= limits.min && value <= limits.max) return value
    this.problem(`${name} is "${text}"; want a whole number ${limits.min}..${limits.max}`)
    return fallback
  }

  /** Reads `true` or `false`. */
  boolean(name: string, fallback: boolean): boolean {
    return this.choice(name, fallback ? 'true' : 'false', ['true', 'false']) === 'true'
  }

  /** Reads one word of a closed list. */
  choice<Word extends string>(name: string, fallback: Word, words: readonly Word[]): Word {
    const text = this.text(name)
    if (text === undefined) return fallback
    const word = words.find((candidate) => candidate === text)
    if (word !== undefined) return word
    this.problem(`${name} is "${text}"; want one of ${words.join(', ')}`)
    return fallback
  }

  /** Reads `host:port`; an IPv6 address stands in brackets. */
  address(name: string, fallback: string): Address {
    const text = this.text(name) ?? fallback
    const address = parseAddress(text)
    if (address !== undefined) return address
    this.problem(`${name} is "${text}"; want an address such as "${fallback}"`)
    return { host: '127.0.0.1', port: 0 }
  }

  /** Reads a list of IP addresses with ports, separated by commas; undefined when it is unset. */
  addressList(name: string, portFallback: number): readonly Address[] | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    return text.split(',').flatMap((part) => {
      const entry = part.trim()
      const address = isIP(entry) === 0 ? parseAddress(entry) : { host: entry, port: portFallback }
      if (address !== undefined && isIP(address.host) !== 0) return [address]
      this.problem(`${name} contains "${entry}"; want IP addresses such as "192.0.2.53:53"`)
      return []
    })
  }

  /** Reads a secret from `NAME`, or from the file that `NAME_FILE` names. */
  secret(name: string): string | undefined {
    const direct = this.text(name)
    const path = this.text(`${name}_FILE`)
    if (path === undefined) return direct
    if (direct !== undefined) {
      this.problem(`${name} and ${name}_FILE are both set; set only one of them`)
      return direct
    }
    try {
      const secret = readFileSync(path, 'utf8').trim()
      if (secret !== '') return secret
      this.problem(`${name}_FILE is "${path}", which is empty`)
    } catch (error) {
      this.problem(`${name}_FILE is "${path}", which cannot be read: ${describe(error)}`)
    }
    return undefined
  }

  /** Notes a problem that only the caller can see, for example between two settings. */
  problem(sentence: string): void {
    this.#problems.push(sentence)
  }

  /**
   * Ends the reading.
   *
   * @param prefixes of the names that must all be known, for example `EDGE_`
   * @throws {StartError} once, naming every bad variable and every misspelt one
   */
  finish(prefixes: readonly string[]): void {
    for (const name of Object.keys(this.#values)) {
      if (!prefixes.some((prefix) => name.startsWith(prefix))) continue
      if (this.#read.has(name) || KNOWN_SETTINGS.has(name)) continue
      this.#problems.push(`${name} is set but is not a known setting`)
    }
    if (this.#problems.length === 0) return
    throw new StartError(`Bad configuration:\n  ${this.#problems.join('\n  ')}`)
  }
}

/** Reads `host:port`, or gives undefined when the text is no address. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(text)
  if (match === null) return undefined
  const host = match[1] ?? match[2] ?? ''
  const port = Number(match[3])
  if (match[1] !== undefined && isIP(host) !== 6) return undefined
  return port <= 65_535 ? { host, port } : undefined
}

/** Writes an address as `host:port`, IPv6 in brackets. */
export function formatAddress(address: Address): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${host}:${address.port}`
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
