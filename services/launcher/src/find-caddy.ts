import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { CADDY_VERSION, cacheFolder, cachedCaddyPath } from '../setup/caddy-cache.cjs'
import { findCommand } from '../setup/programs.cjs'
import type { LauncherCaddy } from './caddy.ts'

const START_MS_MAX = 10_000
const MODULE_LINE = /github\.com\/caddyserver\/caddy\/v2\s+(v\S+)/

/**
 * Finds the Caddy to run: the one that is asked for, else the current one that
 * the set-up built, else the one on PATH.
 *
 * One that was asked for is never replaced by another: where it does not
 * start, the answer is `missing`.
 *
 * @param setting what `FINGERPOST_CADDY` says: `off`, a command, a path, or nothing
 * @param environment where PATH and the cache folder are read from
 */
export async function findCaddy(
  setting: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LauncherCaddy> {
  if (setting === 'off') return { kind: 'off' }
  const onPath = (command: string): string | undefined =>
    findCommand(command, environment['PATH'] ?? '')

  const candidates =
    setting === undefined || setting === 'caddy'
      ? [cachedCaddyPath(cacheFolder(environment)), onPath('caddy')]
      : [setting.includes('/') ? resolve(setting) : onPath(setting)]

  for (const path of candidates) {
    const version = path === undefined ? undefined : await askVersion(path)
    if (path !== undefined && version !== undefined) {
      return { kind: 'found', path, version, isCurrent: isCurrentCaddy(version) }
    }
  }
  return { kind: 'missing' }
}

/**
 * Reads what Caddy says about its version, without the `v`.
 *
 * @param text the output of `caddy version` or `caddy build-info`
 * @returns undefined when no version is named, as by `go install`ed ones, which say "unknown"
 */
export function parseCaddyVersion(text: string): string | undefined {
  const named = MODULE_LINE.exec(text)?.[1] ?? text.trim().split(/\s/, 1)[0] ?? ''
  return /^v?(\d+\.\d+\.\d+\S*)$/.exec(named)?.[1]
}

/**
 * Tells whether a version is at least the minor one that Fingerpost is made for.
 *
 * @param version as given by `parseCaddyVersion`
 */
export function isCurrentCaddy(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [majorMin = 0, minorMin = 0] = CADDY_VERSION.split('.').map(Number)
  return major > majorMin || (major === majorMin && minor >= minorMin)
}

async function askVersion(path: string): Promise<string | undefined> {
  return (
    parseCaddyVersion(await outputOf(path, 'version')) ??
    parseCaddyVersion(await outputOf(path, 'build-info'))
  )
}

async function outputOf(path: string, subcommand: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, [subcommand], { timeout: START_MS_MAX })
    return stdout
  } catch {
    // Why nothing: a program that does not start has no version, and that is the answer.
    return ''
  }
}
