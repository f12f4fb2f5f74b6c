import type { LinkSet } from '../harness/links.ts'

/** What a subject of ours is told. */
export type SubjectOptions = LinkSet & {
  /** The edge's own headers, name after value, without those that Node adds. */
  readonly headers: readonly string[]
}

/** Reads what the subject was told, from its command line. */
export function readSubjectOptions(): SubjectOptions & {
  readonly headersFor: (destination: string) => string[]
} {
  const options: SubjectOptions = JSON.parse(process.argv[2] ?? '{}')
  const at = options.headers.findIndex((name) => name.toLowerCase() === 'location')
  return {
    ...options,
    headersFor: (destination) => options.headers.with(at + 1, destination),
  }
}
