'use strict'
const path = require('node:path')
const { nodeProblem, readNodeFacts } = require('./check-node.cjs')
const { installPrograms, isAnyProgramMissing } = require('./install-programs.cjs')
const { withLock } = require('./lock.cjs')
const { environmentForNpm, isInstallCurrentIn, npmCommand } = require('./npm-packages.cjs')
const { runCommand, showStep, tell, tellFailure } = require('./run-command.cjs')

/**
 * @typedef {import('./programs.cjs').Goal} Goal
 * @typedef {import('./install-programs.cjs').Deps} Deps
 */

const ROOT = path.resolve(__dirname, '..', '..', '..')

/**
 * Makes the tree ready to start, test or check: npm packages, Node, programs.
 *
 * This and everything it loads is CommonJS for Node 18, because it runs on the
 * machine's own Node before Node 26 is there. It prints nothing and takes a
 * tenth of a second when there is nothing to do.
 *
 * @param {Goal} goal
 * @param {Deps} deps
 * @returns {Promise<boolean>} false when the command it prepares for cannot run
 */
async function prepare(goal, deps) {
  if (!isInstallCurrentIn(ROOT)) {
    const isInstalled = await withLock(ROOT, () => installPackages(deps))
    if (!isInstalled) return false
  }

  const problem = nodeProblem(readNodeFacts(ROOT))
  if (problem !== undefined) {
    tell(problem)
    return false
  }

  if (isAnyProgramMissing(goal, deps.environment)) {
    await withLock(ROOT, () => installPrograms(goal, deps))
  }
  return true
}

/** @param {Deps} deps */
async function installPackages(deps) {
  // Why again: another set-up may have done it while this one waited for the lock.
  if (isInstallCurrentIn(ROOT)) return true
  const npm = npmCommand(deps.environment)
  const args = [...npm.args, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { env: environmentForNpm(deps.environment), cwd: ROOT, signal: deps.signal }
  const result = await showStep('installing the npm packages (npm ci)', () =>
    runCommand(npm.command, args, options),
  )
  tellFailure('npm', result)
  return result.isOk
}

/** @param {string | undefined} word */
function parseGoal(word) {
  if (word === 'start' || word === 'test' || word === 'check') return word
  throw new Error(`The goal is "${word}"; want start, test or check.`)
}

async function main() {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => stop.abort())
  const deps = { environment: process.env, signal: stop.signal }
  const isReady = await prepare(parseGoal(process.argv[2]), deps)
  if (stop.signal.aborted || !isReady) process.exitCode = 1
}

main().catch((error) => {
  const reason = error instanceof Error ? error.message : String(error)
  tell(`it failed, and nothing was started: ${reason.replace(/\s*\n\s*/g, ' ')}`)
  process.exitCode = 1
})
