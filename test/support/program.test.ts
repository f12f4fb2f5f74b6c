import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { freePort, freePorts } from './free-port.ts'
import { findOnPath, missingPrograms, startProgram, type ProgramOptions } from './program.ts'

const node = (script: string, more: Partial<ProgramOptions> = {}): ProgramOptions => ({
  name: 'a script',
  command: process.execPath,
  args: ['-e', script],
  env: {},
  cwd: '/',
  ready: { kind: 'line', matches: /ready/ },
  readyWithinMs: 10_000,
  stopWithinMs: 300,
  ...more,
})
const FOREVER = 'setInterval(() => {}, 1000); console.log("ready");'

t.test('a program sees nothing of our environment but the usual few names', async (t) => {
  process.env['NODE_V8_COVERAGE'] = t.testdir({})
  t.teardown(() => delete process.env['NODE_V8_COVERAGE'])
  const script = 'console.log(JSON.stringify(Object.keys(process.env)), "ready")'
  const program = await startProgram(node(script, { env: { OWN: 'x' } }))
  t.same(await program.exited, { code: 0, signal: null })
  const names = new Set(['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'OWN'])
  const seen: string[] = JSON.parse(program.lines[0]?.replace(' ready', '') ?? '')
  t.ok(seen.includes('OWN') && seen.includes('PATH'))
  t.same(
    seen.filter((name) => !names.has(name)),
    [],
  )
})

t.test('stop ends a willing program by SIGTERM and an unwilling one by SIGKILL', async (t) => {
  const willing = await startProgram(node(FOREVER))
  t.same(await willing.stop(), { code: null, signal: 'SIGTERM' })
  const unwilling = await startProgram(node(`process.on('SIGTERM', () => {}); ${FOREVER}`))
  t.same(await unwilling.stop(), { code: null, signal: 'SIGKILL' })
  t.same(await unwilling.stop(), { code: null, signal: 'SIGKILL' }, 'twice is allowed')
})

t.test('a program can be killed and told apart from one that ended by itself', async (t) => {
  const program = await startProgram(node(FOREVER))
  program.kill('SIGKILL')
  t.same(await program.exited, { code: null, signal: 'SIGKILL' })
})

t.test('a program is gone when it is, whatever its own children do', async (t) => {
  const child = `require('child_process').spawn('sleep', ['2'], { stdio: 'inherit' });`
  const program = await startProgram(node(child + FOREVER))
  program.kill('SIGKILL')
  const goneFirst = Promise.race([program.exited, delay(1_900, 'late', { ref: false })])
  t.same(await goneFirst, { code: null, signal: 'SIGKILL' })
})

t.test('a program that does not become ready is ended and quoted', async (t) => {
  const ended = startProgram(node('console.error("no such setting"); process.exit(3)'))
  await t.rejects(ended, { message: /a script did not become ready.*\n.*no such setting/ })
  await t.rejects(ended, { cause: { message: 'a script ended with 3.' } })
  const mute = startProgram(node('setInterval(() => {}, 1000)', { readyWithinMs: 100 }))
  await t.rejects(mute, { cause: { message: /Not within 100 ms: a script is ready/ } })
  const absent = startProgram(node('', { command: '/no/such/program' }))
  await t.rejects(absent, { message: /\/no\/such\/program/, cause: { message: /ended with 127/ } })
})

t.test('readiness by port waits until the port accepts', async (t) => {
  const port = await freePort()
  const script = `setTimeout(() => require('net').createServer().listen(${port}, '127.0.0.1'), 200)`
  await using program = await startProgram(node(script, { ready: { kind: 'port', port } }))
  t.ok(program.pid > 0)
})

t.test('free ports differ from one another', async (t) => {
  t.equal(new Set(await freePorts(20)).size, 20)
})

t.test('missing programs are named for a skip', async (t) => {
  t.equal(missingPrograms(['node']), false)
  t.equal(missingPrograms(['node', 'no-such-1', 'no-such-2']), 'not on PATH: no-such-1, no-such-2')
  t.equal(findOnPath('no-such-1'), undefined)
})
