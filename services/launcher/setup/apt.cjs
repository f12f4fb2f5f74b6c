'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { runCommand } = require('./run-command.cjs')

/** @typedef {import('./run-command.cjs').CommandResult} CommandResult */

const POLICY_FILE = '/usr/sbin/policy-rc.d'
const MARK = '# Written by the set-up of Fingerpost.'

/**
 * Installs packages of Debian or Ubuntu without starting a service and without
 * creating a database cluster, and leaves no file of its own behind.
 *
 * @param {readonly { readonly aptPackage: string, readonly unit: string }[]} wanted
 * @param {{ signal: AbortSignal, environment: Readonly<Record<string, string | undefined>> }} deps
 * @returns {Promise<CommandResult>}
 */
async function aptInstall(wanted, deps) {
  const options = { env: environmentForApt(deps.environment), cwd: '/' }
  const updated = await runCommand('apt-get', [...OPTIONS, 'update'], {
    ...options,
    signal: deps.signal,
  })
  if (deps.signal.aborted) return updated
  const removeFiles = [writePolicy(POLICY_FILE, process.pid), writeNoCluster('/etc')]
  try {
    // Why after a failed update too: the lists from the last one may do.
    const packages = wanted.map((program) => program.aptPackage)
    const args = [...OPTIONS, 'install', '-y', '--no-install-recommends', ...packages]
    // Why detached and without the signal: an apt-get that is stopped half way
    // leaves a system that refuses the next one until somebody repairs it.
    const installed = await runCommand('apt-get', args, { ...options, detached: true })
    if (installed.isOk) await disableUnits(wanted, deps)
    return installed
  } finally {
    for (const removeFile of removeFiles) removeFile()
  }
}

const OPTIONS = [
  '-q',
  '-o',
  'Dpkg::Use-Pty=0',
  '-o',
  'DPkg::Lock::Timeout=120',
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=20',
]

/**
 * Gives apt-get an environment that asks nothing and finds the system's programs.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
function environmentForApt(environment) {
  return {
    ...environment,
    DEBIAN_FRONTEND: 'noninteractive',
    APT_LISTCHANGES_FRONTEND: 'none',
    NEEDRESTART_SUSPEND: '1',
    // Why: package scripts need sbin, which a user's PATH often lacks, and the
    // system's own programs rather than those of a version manager.
    PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${environment['PATH'] ?? ''}`,
  }
}

/**
 * Forbids package scripts to start services, by the file they ask for that.
 *
 * A file that somebody else keeps there (container images do) stays as it is.
 * Ours only says no while this process lives, so that a set-up that was killed
 * does not forbid services for good.
 *
 * @param {string} file
 * @param {number} pid
 * @returns {() => void} takes the file away again
 */
function writePolicy(file, pid) {
  if (fs.existsSync(file) && !fs.readFileSync(file, 'utf8').includes(MARK)) return () => {}
  const text = `#!/bin/sh\n${MARK}\nkill -0 ${pid} 2>/dev/null && exit 101\nexit 0\n`
  fs.writeFileSync(file, text, { mode: 0o755 })
  return () => fs.rmSync(file, { force: true })
}

/**
 * Tells Debian's PostgreSQL packages not to create a database cluster.
 *
 * @param {string} etc the folder of settings, `/etc`
 * @returns {() => void} takes the file away again, and the folders that only it needed
 */
function writeNoCluster(etc) {
  const folder = path.join(etc, 'postgresql-common', 'createcluster.d')
  const file = path.join(folder, 'fingerpost.conf')
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(file, `${MARK}\ncreate_main_cluster = false\n`)
  return () => {
    fs.rmSync(file, { force: true })
    for (const emptied of [folder, path.dirname(folder)]) {
      if (fs.readdirSync(emptied).length > 0) return
      fs.rmdirSync(emptied)
    }
  }
}

/**
 * Keeps the services of freshly installed packages from starting at the next boot.
 *
 * @param {readonly { readonly unit: string }[]} wanted
 * @param {{ signal: AbortSignal, environment: Readonly<Record<string, string | undefined>> }} deps
 */
async function disableUnits(wanted, deps) {
  const units = wanted.map((program) => program.unit).filter((unit) => unit !== '')
  if (units.length === 0 || !fs.existsSync('/run/systemd/system')) return
  await runCommand('systemctl', ['disable', ...units], {
    env: environmentForApt(deps.environment),
    cwd: '/',
    signal: deps.signal,
  })
}

module.exports = { aptInstall, environmentForApt, writeNoCluster, writePolicy }
