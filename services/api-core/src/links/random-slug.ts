import type { Kysely } from 'kysely'
import { parseSlug, type Slug } from '@fingerpost/model/slug'
import { randomDigits } from '../database/ids.ts'
import type { Tables } from '../database/tables.ts'

// Why these: nobody mistakes one for another when it is read out or printed.
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const SLUG_LENGTH = 7
const TRIES_MAX = 8

/**
 * Chooses a random slug that the domain of a `links_home` does not have yet. Nobody takes it
 * meanwhile, because the workspace is locked.
 */
export async function chooseSlug(linksHome: string, db: Kysely<Tables>): Promise<Slug> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const parsed = parseSlug(randomDigits(ALPHABET, SLUG_LENGTH))
    if (!parsed.ok) continue
    const taken = await db
      .selectFrom('links')
      .select('id')
      .where('domain_id', '=', linksHome)
      .where('slug', '=', parsed.slug)
      .executeTakeFirst()
    if (taken === undefined) return parsed.slug
  }
  throw new Error(`No free slug was found in ${TRIES_MAX} tries.`)
}
