import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import { Type } from 'typebox'
import type { Access } from './access.ts'
import type { Scope } from '../tokens/scopes.ts'

/** The application, with types that follow the schemas. */
export type ApiInstance = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Documents the header of every create. Its value is read by `createOnce`. */
export const CREATE_HEADERS = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        '1 to 255 visible ASCII characters. The same request with the same key is done once; ' +
        'its answer is kept for 24 hours.',
    }),
  ),
})

/** Documents the path of a route of a workspace; a malformed id is simply not found. */
export const WORKSPACE_PATH = { workspace_id: Type.String() } as const

/** Lets a workspace's tokens with a scope, and the operator, use a route. */
export function needsScope(scope: Scope): { readonly access: Access } {
  return { access: { kind: 'workspace', scope } }
}
