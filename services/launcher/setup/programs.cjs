'use strict'
const fs = require('node:fs')
const path = require('node:path')

/**
 * A program that npm cannot bring.
 *
 * @typedef {object} Program
 * @property {string} name how people call it
 * @property {readonly string[]} commands all of them have to be found
 * @property {string} moreFolders where Debian keeps it off PATH; one `*` stands for any folder
 * @property {string} aptPackage the package of Debian and Ubuntu
 * @property {string} unit the systemd unit that the package enables, or empty
 * @property {readonly Goal[]} neededFor
 * @property {string} without what it costs to go without, as the rest of "without it, …"
 * @property {string} url where other systems get it
 *
 * @typedef {'start' | 'test' | 'check'} Goal what the set-up prepares for
 *
 * @typedef {object} ProgramFacts
 * @property {boolean} isFound
 * @property {boolean} isCaddyChosen the environment names a Caddy, or says `off`
 * @property {boolean} hasCachedCaddy the current Caddy was built on this machine
 * @property {boolean} hasGo
 * @property {boolean} hasApt
 * @property {boolean} isRoot
 *
 * @typedef {'nothing' | 'install_with_apt' | 'build_with_go' | 'tell'} ProgramPlan
 */

/** @type {readonly Program[]} */
const PROGRAMS = [
  {
    name: 'Caddy',
    commands: ['caddy'],
    moreFolders: '',
    aptPackage: 'caddy',
    unit: 'caddy',
    neededFor: ['start', 'test'],
    without: 'redirects are served by plain HTTP only, and the end-to-end tests are skipped',
    url: 'https://caddyserver.com/docs/install',
  },
  {
    name: 'Redis',
    commands: ['redis-server'],
    moreFolders: '',
    aptPackage: 'redis-server',
    unit: 'redis-server',
    neededFor: ['test'],
    without: 'the tests that share a cache through it are skipped',
    url: 'https://redis.io/docs/latest/operate/oss_and_stack/install/',
  },
  {
    name: 'Pebble',
    commands: ['pebble', 'pebble-challtestsrv'],
    moreFolders: '',
    aptPackage: 'pebble',
    unit: '',
    neededFor: ['test'],
    without: 'the end-to-end tests are skipped, because they have no ACME server and no DNS',
    url: 'https://github.com/letsencrypt/pebble',
  },
  {
    name: 'PostgreSQL',
    commands: ['postgres', 'initdb'],
    moreFolders: '/usr/lib/postgresql/*/bin',
    aptPackage: 'postgresql',
    unit: 'postgresql',
    neededFor: ['test'],
    without: 'api-core is tested on SQLite only',
    url: 'https://www.postgresql.org/download/',
  },
  {
    name: 'OpenSSL',
    commands: ['openssl'],
    moreFolders: '',
    aptPackage: 'openssl',
    unit: '',
    neededFor: ['test'],
    without: 'the end-to-end tests are skipped, because Pebble gets no certificate of its own',
    url: 'https://openssl-library.org/source/',
  },
  {
    name: 'Git',
    commands: ['git'],
    moreFolders: '',
    aptPackage: 'git',
    unit: '',
    neededFor: ['test', 'check'],
    without: 'the house rules cannot be checked, because nothing lists the files',
    url: 'https://git-scm.com/downloads',
  },
  {
    name: 'nftables',
    commands: ['nft'],
    moreFolders: '/usr/sbin',
    aptPackage: 'nftables',
    unit: '',
    neededFor: ['test'],
    without: 'the limit of new connections in deploy/nftables is not tested',
    url: 'https://netfilter.org/projects/nftables/',
  },
  {
    name: 'iproute2',
    commands: ['ip'],
    moreFolders: '/usr/sbin',
    aptPackage: 'iproute2',
    unit: '',
    neededFor: ['test'],
    without: 'the limit of new connections in deploy/nftables is not tested',
    url: 'https://wiki.linuxfoundation.org/networking/iproute2',
  },
]

/**
 * Decides how the machine comes to a program.
 *
 * @param {Program} program
 * @param {Goal} goal
 * @param {ProgramFacts} facts
 * @returns {ProgramPlan}
 */
function planProgram(program, goal, facts) {
  if (!program.neededFor.includes(goal) || facts.isFound) return 'nothing'
  const isCaddy = program.name === 'Caddy'
  if (isCaddy && goal === 'start' && (facts.isCaddyChosen || facts.hasCachedCaddy)) return 'nothing'
  if (facts.hasApt && facts.isRoot) return 'install_with_apt'
  if (isCaddy && facts.hasCachedCaddy) return 'nothing'
  return isCaddy && facts.hasGo ? 'build_with_go' : 'tell'
}

/**
 * Says in one sentence what is missing, what it costs and how to get it.
 *
 * @param {Program} program
 * @param {{ readonly hasApt: boolean }} machine
 */
function missingSentence(program, machine) {
  const get = machine.hasApt
    ? `get it with "sudo apt-get install ${program.aptPackage}"`
    : `get it from ${program.url}`
  return `${program.name} is missing; without it, ${program.without}; ${get}.`
}

/**
 * Finds a command on PATH or in one of the program's other folders.
 *
 * @param {string} command a name without a slash
 * @param {string} searchPath the value of PATH
 * @param {string} [moreFolders] folders off PATH; one `*` stands for any folder
 * @returns {string | undefined} its absolute path
 */
function findCommand(command, searchPath, moreFolders = '') {
  const folders = searchPath.split(path.delimiter).filter((folder) => path.isAbsolute(folder))
  return [...folders, ...expandStar(moreFolders)]
    .map((folder) => path.join(folder, command))
    .find(isExecutable)
}

/** @param {string} pattern */
function expandStar(pattern) {
  if (pattern === '') return []
  const [before = '', after = ''] = pattern.split('*')
  if (!fs.existsSync(before)) return []
  return fs.readdirSync(before).map((name) => path.join(before, name, after))
}

/** @param {string} file */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    // Why nothing: a file that cannot be looked at is one that cannot be run.
    return false
  }
}

module.exports = { PROGRAMS, findCommand, missingSentence, planProgram }
