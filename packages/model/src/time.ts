/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number

/** A length of time in milliseconds. */
export type DurationMs = number

/** Writes an instant for people: `2030-01-02 03:04:05 UTC`. Programs get RFC 3339. */
export function describeInstant(at: EpochMs): string {
  const text = new Date(at).toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`
}
