import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { environmentForApt, writeNoCluster, writePolicy } from '../setup/apt.cjs'
import { withLock } from '../setup/lock.cjs'
import { runCommand } from '../setup/run-command.cjs'

t.test('services stay stopped only while the set-up lives, and its file goes', async (t) => {
  const file = join(t.testdir({}), 'policy-rc.d')
  const remove = writePolicy(file, process.pid)
  t.equal(spawnSync(file).status, 101)
  remove()
  t.notOk(existsSync(file))

  const dead = spawnSync('true').pid
  writePolicy(file, dead)
  t.equal(spawnSync(file).status, 0, 'a file left by a killed set-up forbids nothing')
  writePolicy(file, process.pid)()
  t.notOk(existsSync(file), 'and the next set-up takes it away')
})

t.test("somebody else's policy stays as it is", async (t) => {
  const file = join(t.testdir({ 'policy-rc.d': 'exit 101\n' }), 'policy-rc.d')
  writePolicy(file, process.pid)()
  t.equal(await readFile(file, 'utf8'), 'exit 101\n')
})

t.test('no database cluster is made, and no file stays', async (t) => {
  const etc = t.testdir({})
  const file = join(etc, 'postgresql-common', 'createcluster.d', 'fingerpost.conf')
  const remove = writeNoCluster(etc)
  t.match(await readFile(file, 'utf8'), /^create_main_cluster = false$/m)
  remove()
  t.notOk(existsSync(join(etc, 'postgresql-common')))
})

t.test('the folder stays when a package has filled it', async (t) => {
  const etc = t.testdir({})
  const remove = writeNoCluster(etc)
  const theirs = join(etc, 'postgresql-common', 'createcluster.conf')
  await writeFile(theirs, '')
  remove()
  t.ok(existsSync(theirs))
  t.notOk(existsSync(join(etc, 'postgresql-common', 'createcluster.d')))
})

t.test('apt-get asks nothing and finds the programs of the system first', async (t) => {
  const environment = environmentForApt({ PATH: '/home/ada/bin', LANG: 'C' })
  t.match(environment, { DEBIAN_FRONTEND: 'noninteractive', LANG: 'C' })
  t.match(environment.PATH, /^\/usr\/sbin:.*:\/home\/ada\/bin$/)
})

t.test('two set-ups of one tree take turns', async (t) => {
  const root = t.testdir({})
  const seen: string[] = []
  const turn = (name: string) => async (): Promise<void> => {
    seen.push(`${name} starts`)
    await new Promise((resolve) => setImmediate(resolve))
    seen.push(`${name} ends`)
  }
  await Promise.all([withLock(root, turn('one')), withLock(root, turn('two'))])
  t.same(seen, ['one starts', 'one ends', 'two starts', 'two ends'])
})

t.test('a program that fails, or cannot start, is a result and not a crash', async (t) => {
  const folder = t.testdir({})
  const options = { env: process.env, cwd: folder, signal: new AbortController().signal }
  t.same(await runCommand('sh', ['-c', 'echo out; echo err >&2'], options), {
    isOk: true,
    output: 'out\nerr\n',
  })
  t.match(await runCommand('sh', ['-c', 'exit 3'], options), { isOk: false })
  t.match(await runCommand(join(folder, 'none'), [], options), { isOk: false, output: 'ENOENT' })
  await mkdir(join(folder, 'bin'))
  const stopped = { ...options, signal: AbortSignal.abort() }
  t.same(await runCommand('sleep', ['60'], stopped), { isOk: false, output: '' })
})
