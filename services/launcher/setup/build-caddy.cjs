'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { CADDY_VERSION, cachedCaddyPath } = require('./caddy-cache.cjs')
const { runCommand } = require('./run-command.cjs')

/** @typedef {import('./run-command.cjs').CommandResult} CommandResult */

const MODULE = 'github.com/caddyserver/caddy/v2'
// Why: without it a Caddy that Go installed says that its version is "unknown".
const VERSION_FLAG = `-X ${MODULE}.CustomVersion=v${CADDY_VERSION}`

/**
 * Builds the current Caddy into the cache folder.
 *
 * Go writes into a folder beside the final one, and the finished program is
 * moved: a build that was interrupted never looks like a Caddy.
 *
 * @param {string} cacheDir as given by `cacheFolder`
 * @param {{ signal: AbortSignal, environment: Readonly<Record<string, string | undefined>> }} deps
 * @returns {Promise<CommandResult>}
 */
async function buildCaddy(cacheDir, deps) {
  const finished = cachedCaddyPath(cacheDir)
  const partial = `${path.dirname(finished)}.partial`
  try {
    fs.mkdirSync(partial, { recursive: true })
    const built = await runCommand(
      'go',
      ['install', '-ldflags', VERSION_FLAG, `${MODULE}/cmd/caddy@v${CADDY_VERSION}`],
      { env: { ...deps.environment, GOBIN: partial }, cwd: partial, signal: deps.signal },
    )
    if (!built.isOk) return built
    fs.mkdirSync(path.dirname(finished), { recursive: true })
    fs.renameSync(path.join(partial, 'caddy'), finished)
    return built
  } catch (error) {
    return { isOk: false, output: String(error) }
  } finally {
    fs.rmSync(partial, { recursive: true, force: true })
  }
}

module.exports = { buildCaddy }
