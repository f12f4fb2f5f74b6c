import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t from 'tap'
import { findCaddy, isCurrentCaddy, parseCaddyVersion } from './find-caddy.ts'

const OLD = 'echo 2.6.2'
const CURRENT = 'echo "v2.11.4 h1:abc="'
const GO_INSTALLED =
  '[ "$1" = version ] && echo unknown && exit 0; printf "go\\tgo1.26\\nmod\\tgithub.com/caddyserver/caddy/v2\\tv2.11.4\\th1:abc=\\n"'
const BROKEN = 'exit 1'

async function writeCaddy(file: string, script: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return file
}

const CASES = [
  { when: 'nothing is there', then: { kind: 'missing' } },
  { when: 'one is on PATH', onPath: OLD, then: { version: '2.6.2', isCurrent: false } },
  {
    when: 'the set-up built one, an older is on PATH',
    cached: CURRENT,
    onPath: OLD,
    then: { version: '2.11.4', isCurrent: true },
  },
  {
    when: 'the built one does not know its version',
    cached: GO_INSTALLED,
    then: { version: '2.11.4', isCurrent: true },
  },
  {
    when: 'the built one does not start',
    cached: BROKEN,
    onPath: OLD,
    then: { version: '2.6.2', isCurrent: false },
  },
  { when: 'it is switched off', setting: 'off', cached: CURRENT, then: { kind: 'off' } },
  {
    when: 'the setting says what it defaults to',
    setting: 'caddy',
    cached: CURRENT,
    then: { kind: 'found', version: '2.11.4' },
  },
  {
    when: 'another command is asked for',
    setting: 'caddy-old',
    cached: CURRENT,
    named: OLD,
    then: { kind: 'found', version: '2.6.2' },
  },
  {
    when: 'a command is asked for that is not there',
    setting: 'caddy-old',
    cached: CURRENT,
    then: { kind: 'missing' },
  },
]

for (const { when, setting, cached, onPath, named, then } of CASES) {
  t.test(`Caddy when ${when}`, async (t) => {
    const folder = t.testdir({})
    if (onPath !== undefined) await writeCaddy(join(folder, 'bin', 'caddy'), onPath)
    if (named !== undefined) await writeCaddy(join(folder, 'bin', 'caddy-old'), named)
    const cachedFile = join(folder, 'cache', 'fingerpost', 'caddy-2.11.4', 'caddy')
    if (cached !== undefined) await writeCaddy(cachedFile, cached)
    const environment = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache') }
    t.match(await findCaddy(setting, environment), then)
  })
}

t.test('a path that is asked for wins, and is missing when it does not start', async (t) => {
  const folder = t.testdir({})
  const environment = { PATH: '', XDG_CACHE_HOME: join(folder, 'cache') }
  const path = await writeCaddy(join(folder, 'mine'), OLD)
  await writeCaddy(join(folder, 'cache', 'fingerpost', 'caddy-2.11.4', 'caddy'), CURRENT)
  t.same(await findCaddy(path, environment), {
    kind: 'found',
    path,
    version: '2.6.2',
    isCurrent: false,
  })
  t.same(await findCaddy(join(folder, 'nowhere'), environment), { kind: 'missing' })
})

t.test('versions are read from what Caddy prints', async (t) => {
  t.equal(parseCaddyVersion('2.6.2\n'), '2.6.2')
  t.equal(parseCaddyVersion('v2.11.0-beta.1 h1:abc=\n'), '2.11.0-beta.1')
  t.equal(parseCaddyVersion('unknown\n'), undefined)
  t.equal(parseCaddyVersion(''), undefined)
})

t.test('2.11 is current, 2.10 is not', async (t) => {
  t.notOk(isCurrentCaddy('2.10.9'))
  t.ok(isCurrentCaddy('2.11.0'))
  t.ok(isCurrentCaddy('3.0.0'))
  t.notOk(isCurrentCaddy('1.12.0'))
})
