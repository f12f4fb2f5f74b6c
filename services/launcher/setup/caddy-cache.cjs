'use strict'
const { randomUUID } = require('node:crypto')
const fs = require('node:fs')
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
  return path.join(environment['HOME'] || homeFolder(), '.cache', 'fingerpost')
}

function homeFolder() {
  try {
    return os.homedir()
  } catch {
    // Why ignored: a user id without an entry in passwd has no home, as in `docker run -u 12345`.
    return temporaryHome()
  }
}

// Why not any folder of that name: what lies in it is run, and everybody can write beside it.
function temporaryHome() {
  const user = process.getuid?.()
  const folder = path.join(os.tmpdir(), `fingerpost-home-${user ?? 'x'}`)
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
  } catch {
    // Why ignored: whether it is there already, and whose it is, is looked at next.
  }
  const found = fs.lstatSync(folder, { throwIfNoEntry: false })
  const isOurs =
    found !== undefined &&
    found.isDirectory() &&
    (user === undefined || found.uid === user) &&
    (found.mode & 0o022) === 0
  return isOurs ? folder : `${folder}-${randomUUID()}`
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
