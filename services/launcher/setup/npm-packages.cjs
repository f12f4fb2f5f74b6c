'use strict'
const fs = require('node:fs')
const path = require('node:path')

/**
 * Tells whether node_modules holds what the lock file asks for.
 *
 * The contents are compared and not the file times: a checkout that goes to
 * another branch and back touches the lock file without changing a package.
 *
 * @param {string} lockText the text of package-lock.json
 * @param {string | undefined} installedText the text of node_modules/.package-lock.json, which npm
 *   writes last; undefined when there is none
 */
function isInstallCurrent(lockText, installedText) {
  if (installedText === undefined) return false
  const wanted = parsePackages(lockText)
  const installed = parsePackages(installedText)
  if (wanted === undefined || installed === undefined) return false

  for (const [folder, entry] of Object.entries(wanted)) {
    if (folder === '') continue
    const found = installed[folder]
    // Why: packages for other systems are optional, and npm leaves them out here.
    if (found === undefined && entry.optional === true) continue
    if (found === undefined || !isSamePackage(entry, found)) return false
  }
  return Object.keys(installed).every((folder) => wanted[folder] !== undefined)
}

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {string} [resolved]
 * @property {boolean} [link]
 * @property {boolean} [optional]
 */

/**
 * @param {string} text
 * @returns {Record<string, LockEntry> | undefined}
 */
function parsePackages(text) {
  try {
    const lock = /** @type {{ packages?: Record<string, LockEntry> }} */ (JSON.parse(text))
    return lock.packages
  } catch {
    // Why undefined: half a file means that npm was stopped while it wrote, so install again.
    return undefined
  }
}

/**
 * @param {LockEntry} wanted
 * @param {LockEntry} found
 */
function isSamePackage(wanted, found) {
  if (wanted.link === true) return found.link === true && found.resolved === wanted.resolved
  return found.version === wanted.version && found.integrity === wanted.integrity
}

/** @param {string} root */
function isInstallCurrentIn(root) {
  const installed = path.join(root, 'node_modules', '.package-lock.json')
  return isInstallCurrent(
    fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'),
    fs.existsSync(installed) ? fs.readFileSync(installed, 'utf8') : undefined,
  )
}

/**
 * Gives the environment for an npm that is started from inside an npm script.
 *
 * npm hands its own options down as `npm_config_*`. Those that tell where a
 * package is found or kept are the user's and stay; those that decide what is
 * installed belong to the outer command, and would leave node_modules half
 * filled. Folders of node_modules leave PATH, because npm empties them.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {Record<string, string | undefined>}
 */
function environmentForNpm(environment) {
  const kept = Object.entries(environment).filter(([name]) => !isOuterCommand(name.toLowerCase()))
  return {
    ...Object.fromEntries(kept),
    PATH: pathWithoutPackages(environment['PATH'] ?? ''),
  }
}

/** @param {string} name in lower case */
function isOuterCommand(name) {
  if (name === 'node_env' || name === 'init_cwd' || name === 'node') return true
  if (!name.startsWith('npm_')) return false
  return !name.startsWith('npm_config_') || DECIDES_WHAT_IS_INSTALLED.has(name.slice(11))
}

const DECIDES_WHAT_IS_INSTALLED = new Set([
  'also',
  'dev',
  'dry_run',
  'global',
  'global_prefix',
  'if_present',
  'include',
  'include_workspace_root',
  'install_links',
  'install_strategy',
  'json',
  'local_prefix',
  'location',
  'loglevel',
  'only',
  'omit',
  'optional',
  'package_lock',
  'package_lock_only',
  'prefix',
  'production',
  'workspace',
  'workspaces',
])

/**
 * Leaves out the folders that npm puts in front of PATH for its scripts.
 *
 * @param {string} searchPath the value of PATH
 */
function pathWithoutPackages(searchPath) {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => !folder.split(path.sep).includes('node_modules'))
    .join(path.delimiter)
}

/**
 * Names the npm to run: the one that runs this script, on the machine's own Node.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment as npm gave it
 * @returns {{ command: string, args: readonly string[] }}
 */
function npmCommand(environment) {
  const cli = environment['npm_execpath'] ?? ''
  const node = environment['npm_node_execpath'] ?? ''
  // Why the last test: a Node in node_modules is deleted by the `npm ci` that it runs.
  if (path.basename(cli) !== 'npm-cli.js' || node === '' || pathWithoutPackages(node) === '') {
    return { command: 'npm', args: [] }
  }
  return { command: node, args: [cli] }
}

module.exports = { environmentForNpm, isInstallCurrent, isInstallCurrentIn, npmCommand }
