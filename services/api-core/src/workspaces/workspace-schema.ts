import { Type, type Static } from 'typebox'
import { closed, INSTANT, instantJson, named, nullable, ref, text } from '../http/schema.ts'
import type { Workspace } from './workspace-store.ts'

/** What a workspace is made from. */
export const WORKSPACE_CREATE = named(
  'WorkspaceCreate',
  closed({
    name: text({ minLength: 1, maxLength: 100 }),
    plan: Type.Optional(
      Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,31}$', description: '"standard" unless set.' }),
    ),
  }),
)

/** A workspace. */
export const WORKSPACE = named(
  'Workspace',
  closed({
    id: Type.String({ examples: ['ws_06g2vq5c3r7k9h0d1m2n3p4q5r'] }),
    name: Type.String(),
    plan: Type.String(),
    created_at: INSTANT,
  }),
)

/** A page of workspaces. */
export const WORKSPACE_PAGE = named(
  'WorkspacePage',
  closed({ data: Type.Array(ref(WORKSPACE)), next_cursor: nullable(Type.String()) }),
)

/** Writes a workspace. */
export function workspaceJson(workspace: Workspace): Static<typeof WORKSPACE> {
  const { id, name, plan, createdAt } = workspace
  return { id, name, plan, created_at: instantJson(createdAt) }
}
