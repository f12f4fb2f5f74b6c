'use strict'
const os = require('node:os')
const path = require('node:path')

/** The Caddy that Fingerpost is made for and tested against. */
const CADDY_VERSION = '2.11.4'

/**
 * Names the folder outside the tree where things are kept that took long to make.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
function cacheFolder(environment) {
  const base = environment['XDG_CACHE_HOME'] ?? ''
  // Why: the XDG specification has relative paths ignored.
  if (path.isAbsolute(base)) return path.join(base, 'fingerpost')
  return path.join(environment['HOME'] || os.homedir(), '.cache', 'fingerpost')
}

/**
 * Names the file of the current Caddy in the cache folder; it need not exist.
 *
 * @param {string} cacheDir as given by `cacheFolder`
 */
function cachedCaddyPath(cacheDir) {
  return path.join(cacheDir, `caddy-${CADDY_VERSION}`, 'caddy')
}

module.exports = { CADDY_VERSION, cacheFolder, cachedCaddyPath }
