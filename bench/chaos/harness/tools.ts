import { findCaddies, type CaddyProgram } from '../../../test/support/caddies.ts'
import { findOnPath } from '../../../test/support/program.ts'

/** Why a row could not be run. */
export type SkipReason = { readonly kind: 'skipped'; readonly reason: string }

/** Gives the Caddys of this machine, the one that production runs last. */
export async function caddiesHere(): Promise<readonly CaddyProgram[]> {
  return (await findCaddies()).filter((caddy) => caddy.kind === 'found')
}

/** Says that there is no Caddy at all. */
export const NO_CADDY: SkipReason = { kind: 'skipped', reason: 'no Caddy is installed' }

/** Says why Redis cannot be used; undefined: it can. */
export function redisMissing(): SkipReason | undefined {
  if (findOnPath('redis-server') !== undefined) return undefined
  return { kind: 'skipped', reason: 'redis-server is not on PATH' }
}
