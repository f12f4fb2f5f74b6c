import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { cacheFolder, cachedCaddyPath } from '../setup/caddy-cache.cjs'
import { findCommand, missingSentence, planProgram, PROGRAMS } from '../setup/programs.cjs'

const BARE = {
  isFound: false,
  isCaddyChosen: false,
  hasCachedCaddy: false,
  hasGo: false,
  hasApt: false,
  isRoot: false,
}
const ROOT_ON_DEBIAN = { ...BARE, hasApt: true, isRoot: true }

const PLANS = [
  { program: 'Caddy', goal: 'start', facts: { ...BARE, isFound: true }, then: 'nothing' },
  { program: 'Caddy', goal: 'start', facts: { ...BARE, isCaddyChosen: true }, then: 'nothing' },
  { program: 'Caddy', goal: 'start', facts: { ...BARE, hasCachedCaddy: true }, then: 'nothing' },
  { program: 'Caddy', goal: 'start', facts: ROOT_ON_DEBIAN, then: 'install_with_apt' },
  { program: 'Caddy', goal: 'start', facts: { ...BARE, hasGo: true }, then: 'build_with_go' },
  { program: 'Caddy', goal: 'start', facts: { ...BARE, hasApt: true }, then: 'tell' },
  { program: 'Caddy', goal: 'start', facts: BARE, then: 'tell' },
  {
    program: 'Caddy',
    goal: 'test',
    facts: { ...ROOT_ON_DEBIAN, hasCachedCaddy: true },
    then: 'install_with_apt',
  },
  { program: 'Caddy', goal: 'test', facts: { ...BARE, hasCachedCaddy: true }, then: 'nothing' },
  { program: 'Caddy', goal: 'check', facts: BARE, then: 'nothing' },
  { program: 'Redis', goal: 'start', facts: BARE, then: 'nothing' },
  { program: 'Redis', goal: 'test', facts: { ...BARE, hasGo: true }, then: 'tell' },
  { program: 'Redis', goal: 'test', facts: ROOT_ON_DEBIAN, then: 'install_with_apt' },
  { program: 'Redis', goal: 'test', facts: { ...BARE, isRoot: true }, then: 'tell' },
] as const

for (const { program, goal, facts, then } of PLANS) {
  const known = Object.entries(facts).filter(([, isSo]) => isSo)
  const names = known.map(([name]) => name).join(' and ') || 'nothing known'
  t.test(`${program} for npm ${goal}: ${names} leads to ${then}`, async (t) => {
    t.equal(planProgram(named(program), goal, facts), then)
  })
}

function named(name: string): (typeof PROGRAMS)[number] {
  const program = PROGRAMS.find((candidate) => candidate.name === name)
  if (program === undefined) throw new Error(`no program is called ${name}`)
  return program
}

t.test('every missing program is told in one sentence with its cost and its cure', async (t) => {
  for (const program of PROGRAMS) {
    const onDebian = missingSentence(program, { hasApt: true })
    t.match(onDebian, new RegExp(`^${program.name} is missing; without it, .*; get it with `))
    t.match(onDebian, `sudo apt-get install ${program.aptPackage}`)
    t.match(missingSentence(program, { hasApt: false }), program.url)
    t.notMatch(onDebian, /\n/)
  }
})

t.test('a command is found on PATH first, then where Debian hides it', async (t) => {
  const folder = t.testdir({ bin: { postgres: '' }, versions: { 15: { bin: { initdb: '' } } } })
  for (const file of ['bin/postgres', 'versions/15/bin/initdb']) {
    await chmod(join(folder, file), 0o755)
  }
  const hidden = join(folder, 'versions/*/bin')
  const searchPath = `relative:${join(folder, 'nowhere')}:${join(folder, 'bin')}`
  t.equal(findCommand('postgres', searchPath, hidden), join(folder, 'bin/postgres'))
  t.equal(findCommand('initdb', searchPath, hidden), join(folder, 'versions/15/bin/initdb'))
  t.equal(findCommand('initdb', searchPath), undefined)
  t.equal(findCommand('initdb', '', join(folder, 'gone/*/bin')), undefined)
})

t.test('a folder or a file that cannot be run is no command', async (t) => {
  const folder = t.testdir({})
  await mkdir(join(folder, 'caddy'))
  await writeFile(join(folder, 'redis-server'), '', { mode: 0o644 })
  t.equal(findCommand('caddy', folder), undefined)
  t.equal(findCommand('redis-server', folder), undefined)
})

t.test('the cache is where the XDG specification has it', async (t) => {
  t.equal(
    cacheFolder({ XDG_CACHE_HOME: '/var/cache/ada', HOME: '/h' }),
    '/var/cache/ada/fingerpost',
  )
  t.equal(cacheFolder({ XDG_CACHE_HOME: 'relative', HOME: '/h' }), '/h/.cache/fingerpost')
  t.equal(cacheFolder({ HOME: '/h' }), '/h/.cache/fingerpost')
  t.equal(cachedCaddyPath('/c'), '/c/caddy-2.11.4/caddy')
})
