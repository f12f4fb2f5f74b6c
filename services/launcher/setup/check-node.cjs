'use strict'
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const NODE_MAJOR = 26

/**
 * @typedef {object} NodeFacts
 * @property {boolean} isInstalled npm brought a Node
 * @property {string | undefined} version what it said of itself, as `v26.10.0`; undefined when it
 *   did not start
 * @property {number} ownMajor the major version of the machine's own Node
 */

/**
 * Says in one sentence why the programs cannot run, or nothing when they can.
 *
 * @param {NodeFacts} facts
 * @returns {string | undefined}
 */
function nodeProblem(facts) {
  if (!facts.isInstalled) {
    // Why: without one from npm, the scripts find the machine's own.
    if (facts.ownMajor >= NODE_MAJOR) return undefined
    return (
      `Node ${NODE_MAJOR} did not come with the npm packages because npm may not run install ` +
      'scripts here; run "npm rebuild node --ignore-scripts=false" once and start again.'
    )
  }
  if (facts.version === undefined) {
    return (
      `Node ${NODE_MAJOR} from npm does not start on this machine; remove node_modules and start ` +
      'again (systems without glibc, like Alpine, need the container image).'
    )
  }
  if (majorOf(facts.version) < NODE_MAJOR) {
    return (
      `node_modules holds Node ${facts.version}, but Node ${NODE_MAJOR} is needed; ` +
      'run "npm ci" and start again.'
    )
  }
  return undefined
}

/** @param {string} version */
function majorOf(version) {
  return Number.parseInt(version.replace(/^v/, ''), 10)
}

/**
 * Looks at the Node that npm scripts will find, and starts it once.
 *
 * @param {string} root
 * @returns {NodeFacts}
 */
function readNodeFacts(root) {
  const file = path.join(root, 'node_modules', '.bin', 'node')
  const ownMajor = majorOf(process.version)
  if (!fs.existsSync(file)) return { isInstalled: false, version: undefined, ownMajor }
  const answer = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 20_000 })
  const version = answer.status === 0 ? answer.stdout.trim() : undefined
  return { isInstalled: true, version, ownMajor }
}

module.exports = { nodeProblem, readNodeFacts }
