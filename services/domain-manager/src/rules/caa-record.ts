/** One CAA record. */
export type CaaRecord = {
  readonly isCritical: boolean
  /** In lower case. */
  readonly tag: string
  /** As published, with its escapes undone. */
  readonly value: string
}

/**
 * What an `issue` value says. `issuer` is in lower case, and empty when nobody may issue;
 * a parameter that is given twice has two values.
 */
export type CaaIssue = {
  readonly issuer: string
  readonly parameters: ReadonlyMap<string, readonly string[]>
}

/**
 * Reads a CAA record in presentation form, such as `0 issue "letsencrypt.org"`;
 * undefined when it is none.
 *
 * @see RFC 8659 section 4.1.1 (presentation form), RFC 1035 section 5.1 (escapes)
 */
export function parseCaaRecord(text: string): CaaRecord | undefined {
  const match = RECORD.exec(text)
  const { flags = '', tag = '', quoted, plain = '' } = match?.groups ?? {}
  if (match === null || Number(flags) > FLAGS_MAX) return undefined
  return {
    isCritical: (Number(flags) & CRITICAL) !== 0,
    tag: tag.toLowerCase(),
    value: withoutEscapes(quoted ?? plain),
  }
}

/**
 * Reads the value of an `issue` property. One that breaks the grammar lets
 * nobody issue, as `;` does.
 *
 * @see RFC 8659 section 4.2
 */
export function parseCaaIssue(value: string): CaaIssue {
  const [name = '', ...rest] = value.split(';').map(trimmed)
  const issuer = name.toLowerCase()
  if (issuer !== '' && !ISSUER.test(issuer)) return NOBODY
  const parameters = new Map<string, readonly string[]>()
  // Why only one: `ca.example;` has an empty list, but `ca.example; a=b;` lacks a parameter.
  if (rest.length === 1 && rest[0] === '') return { issuer, parameters }
  for (const parameter of rest) {
    const { tag, text } = PARAMETER.exec(parameter)?.groups ?? {}
    if (tag === undefined || text === undefined) return NOBODY
    const key = tag.toLowerCase()
    parameters.set(key, [...(parameters.get(key) ?? []), text])
  }
  return { issuer, parameters }
}

const QUOTED = String.raw`"(?<quoted>(?:[^"\\]|\\.)*)"`
const RECORD = new RegExp(
  String.raw`^(?<flags>\d{1,3})[ \t]+(?<tag>[^ \t"]+)[ \t]+(?:${QUOTED}|(?<plain>[^ \t"]+))$`,
  's',
)
const FLAGS_MAX = 255
// Why 1 as well: the RFC numbers bits from the left, so that bit 0 is 128, but many publish 1, and
// Let's Encrypt takes either for critical.
const CRITICAL = 128 | 1
const NOBODY: CaaIssue = { issuer: '', parameters: new Map() }

const LABEL = '[a-z0-9]+(?:-+[a-z0-9]+)*'
const ISSUER = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const PARAMETER = new RegExp(`^(?<tag>${LABEL})[ \\t]*=[ \\t]*(?<text>[!-:<-~]*)$`, 'i')

function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(?:(\d{3})|(.))/gs, (_all, octet?: string, character = '') =>
    octet === undefined ? String(character) : String.fromCharCode(Number(octet) & 0xff),
  )
}
