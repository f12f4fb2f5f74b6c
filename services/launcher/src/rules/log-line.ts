/** One line of a process's output, as far as it could be read. */
export type LogRecord = {
  readonly time: string
  readonly level: string
  readonly service: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Reads a line of JSON log, ours (pino) or Caddy's (zap). Any other line, for
 * example a stack trace, becomes the field `text` of a warning.
 *
 * @param now what counts as its time when the line has none, RFC 3339
 */
export function readLogLine(line: string, service: string, now: string): LogRecord {
  const parsed = parseObject(line)
  if (parsed === undefined) {
    return { time: now, level: 'warn', service, message: 'output', fields: { text: line } }
  }
  const { time, ts, level, service: own, message, msg, ...fields } = parsed
  return {
    time: typeof time === 'string' ? time : (instantOf(ts) ?? now),
    level: typeof level === 'string' ? level : 'info',
    service: typeof own === 'string' ? own : service,
    message: firstText(message, msg),
    fields,
  }
}

/** Writes a record as the one line of JSON that a machine reads. */
export function toJsonLine(record: LogRecord): string {
  const { time, level, service, message, fields } = record
  const json = JSON.stringify({ level, time, service, ...fields, message })
  // JSON lets DEL and the C1 controls stand as they are; some terminals obey them.
  return json.replaceAll(/\p{Cc}/gu, (character) => {
    return `\\u${hexOf(character).padStart(4, '0')}`
  })
}

/** A record as a person reads it; the parts are free of control characters. */
export type ReadableLine = {
  readonly time: string
  readonly level: string
  readonly service: string
  readonly text: string
}

/** Longest line for a person, in characters: a longer one hides the others. */
export const TEXT_LENGTH_MAX = 200

/** Prepares a record for a terminal: the time of day, one line, a bounded length. */
export function toReadableLine(record: LogRecord): ReadableLine {
  const fields = Object.entries(record.fields).flatMap(([name, value]) =>
    // Why not the settings: they are long, and the same at every start.
    name === 'config' ? [] : describe(name, value),
  )
  return {
    time: escapeControls(record.time.slice(11, 19)),
    level: escapeControls(record.level),
    service: escapeControls(record.service),
    text: shorten(escapeControls([record.message, ...fields].join('  '))),
  }
}

/**
 * Makes control characters visible, so that nothing from outside can move the
 * cursor, start a line or turn the text of a line around.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${hexOf(character)}}`)
}

function describe(name: string, value: unknown): string[] {
  if (value === null) return []
  if (name === 'text' && typeof value === 'string') return [value]
  if (isRecord(value)) {
    const message = value['message']
    if (name === 'error' && typeof message === 'string') return [`error=${message}`]
    return Object.entries(value).flatMap(([key, inner]) => describe(`${name}.${key}`, inner))
  }
  return [`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`]
}

function hexOf(character: string): string {
  return Number(character.codePointAt(0)).toString(16)
}

function shorten(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX - 1)}…` : text
}

function firstText(...values: readonly unknown[]): string {
  return values.find((value) => typeof value === 'string') ?? ''
}

function instantOf(seconds: unknown): string | undefined {
  if (typeof seconds !== 'number') return undefined
  const instant = new Date(seconds * 1000)
  return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString()
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    // Why ignored: a line that is no JSON is expected, and shown as it is.
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
