import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findOnPath, isExecutable } from './program.ts'

/** One Caddy that the tests are meant to run against. */
export type CaddyProgram = {
  readonly kind: 'found'
  /** For the names of tests, for example `Caddy 2.11.4 (built)`. */
  readonly name: string
  /** For example `2.11.4`. */
  readonly version: string
  readonly path: string
}

/** A Caddy that is not there, and what to say about it when its tests are skipped. */
export type MissingCaddy = {
  readonly kind: 'missing'
  readonly name: string
  readonly reason: string
}

/** The Caddy that production runs; `npm test` builds it once into the user's cache. */
export const CURRENT_CADDY_VERSION = '2.11.4'

/**
 * Finds the two Caddys that the Caddyfile has to serve: the one on PATH (Debian's 2.6.2) and the
 * current one in the cache. Always gives both, so that a missing one can be skipped by name.
 */
export async function findCaddies(): Promise<readonly (CaddyProgram | MissingCaddy)[]> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const built = join(cache, 'fingerpost', `caddy-${CURRENT_CADDY_VERSION}`, 'caddy')
  return Promise.all([
    describe('on PATH', findOnPath('caddy'), 'no caddy on PATH'),
    describe(
      'built',
      isExecutable(built) ? built : undefined,
      `Caddy ${CURRENT_CADDY_VERSION} is not built: no ${join('fingerpost', `caddy-${CURRENT_CADDY_VERSION}`, 'caddy')} in the cache folder`,
    ),
  ])
}

async function describe(
  origin: string,
  path: string | undefined,
  reason: string,
): Promise<CaddyProgram | MissingCaddy> {
  if (path === undefined) return { kind: 'missing', name: `Caddy (${origin})`, reason }
  const version = await versionOf(path)
  return { kind: 'found', name: `Caddy ${version} (${origin})`, version, path }
}

// Why two commands: a Caddy made by `go install` calls its version "unknown", and Debian's lists
// no modules in its build information.
async function versionOf(path: string): Promise<string> {
  const run = promisify(execFile)
  const short = await run(path, ['version'])
  const own = /^v?(\d+\.\d+\.\d+)/.exec(short.stdout)?.[1]
  if (own !== undefined) return own
  const long = await run(path, ['build-info'])
  return /caddyserver\/caddy\/v2\s+v(\d+\.\d+\.\d+)/.exec(long.stdout)?.[1] ?? 'unknown'
}
