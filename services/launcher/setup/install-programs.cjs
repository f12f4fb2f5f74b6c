'use strict'
const { aptInstall } = require('./apt.cjs')
const { buildCaddy } = require('./build-caddy.cjs')
const { CADDY_VERSION, cacheFolder, cachedCaddyPath } = require('./caddy-cache.cjs')
const { PROGRAMS, findCommand, missingSentence, planProgram } = require('./programs.cjs')
const { showStep, tell, tellFailure } = require('./run-command.cjs')
const fs = require('node:fs')

/**
 * @typedef {import('./programs.cjs').Program} Program
 * @typedef {import('./programs.cjs').Goal} Goal
 * @typedef {import('./programs.cjs').ProgramPlan} ProgramPlan
 *
 * @typedef {object} Deps
 * @property {Readonly<Record<string, string | undefined>>} environment
 * @property {AbortSignal} signal
 */

/**
 * Tells whether anything would be installed, built or said; costs a few file look-ups.
 *
 * @param {Goal} goal
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
function isAnyProgramMissing(goal, environment) {
  return (
    planAll(goal, environment).some(({ plan }) => plan !== 'nothing') ||
    (goal === 'test' && !hasCachedCaddy(environment))
  )
}

/**
 * Brings the programs that npm cannot, as far as this machine lets it; says
 * one sentence about each that stays missing, and never fails.
 *
 * @param {Goal} goal
 * @param {Deps} deps
 */
async function installPrograms(goal, deps) {
  const planned = planAll(goal, deps.environment)
  await installWithApt(programsFor(planned, 'install_with_apt'), deps)
  const wantsCurrentCaddy = goal === 'test' && !hasCachedCaddy(deps.environment)
  const wantsAnyCaddy = programsFor(planned, 'build_with_go').length > 0
  if (wantsCurrentCaddy || wantsAnyCaddy) await installCurrentCaddy(deps)

  if (deps.signal.aborted) return

  // Why again: what could not be installed is told like what never could have been.
  for (const { program, plan, machine } of planAll(goal, deps.environment)) {
    if (plan !== 'nothing') tell(missingSentence(program, machine))
  }
}

/**
 * @param {Goal} goal
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
function planAll(goal, environment) {
  const searchPath = environment['PATH'] ?? ''
  const chosen = environment['FINGERPOST_CADDY'] ?? ''
  const machine = {
    isCaddyChosen: chosen !== '' && chosen !== 'caddy',
    hasCachedCaddy: hasCachedCaddy(environment),
    hasGo: findCommand('go', searchPath) !== undefined,
    hasApt: findCommand('apt-get', searchPath) !== undefined,
    isRoot: process.getuid?.() === 0,
  }
  return PROGRAMS.map((program) => {
    const isFound = program.commands.every(
      (command) => findCommand(command, searchPath, program.moreFolders) !== undefined,
    )
    return { program, machine, plan: planProgram(program, goal, { ...machine, isFound }) }
  })
}

/**
 * @param {readonly { readonly program: Program, readonly plan: ProgramPlan }[]} planned
 * @param {ProgramPlan} plan
 */
function programsFor(planned, plan) {
  return planned.filter((entry) => entry.plan === plan).map((entry) => entry.program)
}

/**
 * @param {readonly Program[]} programs
 * @param {Deps} deps
 */
async function installWithApt(programs, deps) {
  if (programs.length === 0) return
  const together = await showApt(programs, deps)
  if (together.isOk || deps.signal.aborted) return
  // Why one by one: apt-get installs nothing when a single name is unknown to it.
  for (const program of programs.length > 1 ? programs : []) await showApt([program], deps)
}

/**
 * @param {readonly Program[]} programs
 * @param {Deps} deps
 */
async function showApt(programs, deps) {
  const names = programs.map((program) => program.aptPackage).join(' ')
  const result = await showStep(`apt-get install ${names}`, () => aptInstall(programs, deps))
  if (programs.length === 1) tellFailure('apt-get', result)
  return result
}

/** @param {Deps} deps */
async function installCurrentCaddy(deps) {
  if (findCommand('go', deps.environment['PATH'] ?? '') === undefined) {
    tell(
      `Caddy ${CADDY_VERSION} is missing; without it, the end-to-end tests run against the Caddy ` +
        'on PATH only; install Go (https://go.dev/dl/), and the next run builds it once.',
    )
    return
  }
  const title = `building Caddy ${CADDY_VERSION} once with "go install" (about two minutes)`
  const result = await showStep(title, () => buildCaddy(cacheFolder(deps.environment), deps))
  tellFailure('go install', result)
}

/** @param {Readonly<Record<string, string | undefined>>} environment */
function hasCachedCaddy(environment) {
  return fs.existsSync(cachedCaddyPath(cacheFolder(environment)))
}

module.exports = { installPrograms, isAnyProgramMissing }
