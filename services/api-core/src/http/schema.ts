import { Type, type Static, type TSchema } from 'typebox'
import type { Problem } from '@fingerpost/chassis/problem-responses'
import { ERROR_CODES } from '@fingerpost/model/errors'

/** A schema that stands under its own name in the OpenAPI document. */
export type NamedSchema = TSchema & { readonly $id: string }

/** Names a schema, for `app.addSchema` and the OpenAPI document's components. */
export function named<Schema extends TSchema>(
  id: string,
  schema: Schema,
): Schema & { readonly $id: string } {
  return { ...schema, $id: id }
}

/** Points to a named schema from a route; the route's types follow the schema. */
export function ref<Schema extends NamedSchema>(schema: Schema) {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })
}

/** A success that answers with a named schema; the description is for the documents. */
export function answer<Schema extends NamedSchema>(schema: Schema, description: string) {
  return { ...ref(schema), description }
}

/** A success that has nothing to say. */
export const NOTHING = Type.Null({ description: 'Done.' })

/** A schema that also takes null. */
export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()])
}

/** An object that takes no other keys than those it names. */
export function closed<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}

/** The body of a call that takes none: absent, which is validated as null, or without keys. */
export const NO_BODY = nullable(closed({}))

/** One word of a closed list. */
export function word<const Word extends string>(words: readonly Word[]) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words] })
}

/** Text for people: one line without control characters or broken surrogates. */
export function text(limits: { readonly minLength: number; readonly maxLength: number }) {
  return Type.String({ ...limits, pattern: String.raw`^[^\p{Cc}\p{Cs}]*$` })
}

/** An instant as text. @see RFC 3339 section 5.6 */
export const INSTANT = Type.String({ format: 'date-time' })

/** A problem document. @see RFC 9457 section 3 */
export const PROBLEM = named(
  'Problem',
  Type.Object(
    {
      type: Type.String({ description: 'A URN that ends in the code.' }),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String({ description: 'What happened, for people.' }),
      code: Type.Unsafe<Problem['code']>({
        type: 'string',
        enum: Object.keys(ERROR_CODES),
        description: 'What happened, for machines; docs/errors.md lists all codes.',
      }),
    },
    { additionalProperties: true, description: 'An error; facts stand beside these members.' },
  ),
)

/** What every route may answer besides its success. */
export const PROBLEM_RESPONSE = {
  description: 'A problem; its `code` says which.',
  content: { 'application/problem+json': { schema: ref(PROBLEM) } },
} as const

/** Writes an instant. */
export function instantJson(at: number): string {
  return new Date(at).toISOString()
}

/** Writes an instant that may be absent. */
export function optionalInstantJson(at: number | undefined): string | null {
  return at === undefined ? null : instantJson(at)
}
