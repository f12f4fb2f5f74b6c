import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { readPorts } from '@fingerpost/chassis/run-files'
import { eventually } from '../../../test/support/eventually.ts'
import { missingPrograms, startProgram } from '../../../test/support/program.ts'
import {
  ANY_PORTS,
  isAlive,
  launch,
  newDataDir,
  pidOf,
  pidsOf,
  running,
  SERVICES,
  untilGone,
} from './launch.ts'

// Why more than the two minutes of other files: dozens of processes start here, one after another.
t.setTimeout(300_000)

const fake = (name: string): URL => new URL(`fakes/${name}`, import.meta.url)
const start = (t: Test, dataDir: string, env: Readonly<Record<string, string>> = {}) =>
  launch(t, fake('launcher.ts'), dataDir, env)

function callsOf(dataDir: string): { readonly url: string; readonly key: string }[] {
  const path = join(dataDir, 'calls')
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as { url: string; key: string })
}

async function edgeAnswer(dataDir: string): Promise<{ status: number; pid: number }> {
  const port = (await readPorts(dataDir))['edge']?.['http']
  const answer = await fetch(`http://127.0.0.1:${port}/hello`, { redirect: 'manual' })
  return { status: answer.status, pid: Number(await answer.text()) }
}

t.test('everything starts, is seeded, is told of in JSON, and stops in order', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir)
  const summary: unknown = JSON.parse(await running(launcher))
  t.match(summary, {
    service: 'launcher',
    urls: { http: /^http:\/\/go\.localhost:\d+\/hello$/ },
    admin_token_file: 'admin-token',
    caddy: 'off',
    notices: [/HTTPS is off/, /FINGERPOST_PUBLIC_TARGET/],
  })
  const token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()
  const authorization = `Bearer ${token}`
  t.match(callsOf(dataDir), [
    { url: '/v1/workspaces', authorization, body: { name: 'Demo' } },
    { url: '/v1/workspaces/ws_1/domains', authorization, body: { hostname: 'go.localhost' } },
    {
      url: '/v1/workspaces/ws_1/links',
      body: { domain_id: 'dom_1', slug: 'hello', destination_url: 'https://example.com/' },
    },
  ])
  t.equal(new Set(callsOf(dataDir).map(({ key }) => key)).size, 3)
  const pids = pidsOf(dataDir, SERVICES)
  t.equal((await edgeAnswer(dataDir)).status, 302)

  t.same(await launcher.stop(), { code: 0, signal: null })
  await untilGone(pids)
  const stops = readFileSync(join(dataDir, 'stops'), 'utf8').trim().split('\n')
  t.same(
    [stops[0], stops.slice(1, 3).toSorted(), stops[3]],
    ['domain-manager', ['ask', 'edge'], 'api-core'],
  )
  for (const name of SERVICES) t.notOk(existsSync(join(dataDir, 'run', `${name}.pid`)))
  t.notMatch(launcher.lines.join('\n'), token)
  for (const line of launcher.lines) {
    t.match(JSON.parse(line), { level: String, time: String, service: String, message: String })
  }
})

t.test('services that cannot note their ports are seen to be up all the same', async (t) => {
  // A folder where the lock file has to be keeps the note from being written, even for root.
  const dataDir = newDataDir(t)
  mkdirSync(join(dataDir, 'run', 'ports.json.lock', 'kept'), { recursive: true })
  const longAgo = new Date(Date.now() - 60_000)
  utimesSync(join(dataDir, 'run', 'ports.json.lock'), longAgo, longAgo)
  const launcher = await start(t, dataDir, { FAKE_START_MS_MAX: '20000' })
  const startedAt = performance.now()
  const summary = await running(launcher)
  t.ok(performance.now() - startedAt < 15_000, 'well before the start is given up')
  t.match(JSON.parse(summary), { urls: { http: /hello$/ } })
  t.notMatch(summary, /not started/)
  t.same(await readPorts(dataDir), {})
})

t.test('a second start seeds nothing again', async (t) => {
  const dataDir = newDataDir(t)
  for (let round = 0; round < 2; round += 1) {
    const launcher = await start(t, dataDir)
    t.match(JSON.parse(await running(launcher)), { urls: { http: /hello$/ } })
    await launcher.stop()
  }
  t.equal(callsOf(dataDir).length, 3)
})

t.test('a seed that a kill interrupted goes on where it was', async (t) => {
  const dataDir = newDataDir(t)
  const links = '/v1/workspaces/ws_1/links'
  const first = await start(t, dataDir, { FAKE_DIES_AT: links })
  await eventually('the last step', () => callsOf(dataDir).length >= 3, { withinMs: 10_000 })
  first.kill('SIGKILL')
  await first.exited
  await running(await start(t, dataDir))
  const calls = callsOf(dataDir)
  t.equal(calls.filter(({ url }) => url !== links).length, 2)
  t.equal(new Set(calls.filter(({ url }) => url === links).map(({ key }) => key)).size, 1)
})

t.test('a database with workspaces in it is not seeded', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir, { FAKE_WORKSPACES: 'some' })
  const summary = JSON.parse(await running(launcher)) as { urls: object }
  t.same(Object.keys(summary.urls), ['api'])
  t.same(callsOf(dataDir), [])
})

t.test('a seed that is refused is a warning, and everything runs', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir, { FAKE_REFUSES: '/v1/workspaces/ws_1/domains' })
  await running(launcher)
  t.match(JSON.parse(await launcher.waitForLine(/was not made/, { withinMs: 1_000 })), {
    level: 'warn',
    detail: 'Refused on purpose.',
  })
})

t.test('a service that cannot start ends the launcher with its sentence', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir, { FAKE_EDGE: 'start_error' })
  t.same(await launcher.exited, { code: 1, signal: null })
  t.same(
    launcher.lines.filter((line) => line.includes('on purpose')),
    ['edge cannot start, on purpose.'],
  )
  t.notOk(SERVICES.some((name) => existsSync(join(dataDir, 'run', `${name}.pid`))))
})

t.test('a taken port is one sentence that names the setting', async (t) => {
  const dataDir = newDataDir(t)
  const holder = createServer()
  t.teardown(() => holder.close())
  holder.listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  const launcher = await start(t, dataDir, { CORE_HTTP_ADDR: `127.0.0.1:${port}` })
  t.same(await launcher.exited, { code: 1, signal: null })
  t.equal(
    launcher.lines.at(-1),
    `The address 127.0.0.1:${port} is taken by another program. ` +
      'Stop it, or set CORE_HTTP_ADDR to another one.',
  )
})

t.test('a setting that nobody knows is one sentence', async (t) => {
  const launcher = await start(t, newDataDir(t), { FINGERPOST_CADY: 'off' })
  t.same(await launcher.exited, { code: 1, signal: null })
  t.same(launcher.lines, [
    'Bad configuration:',
    '  FINGERPOST_CADY is set but is not a known setting',
  ])
})

t.test('a service that keeps crashing is started later and later, the others run', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir, { FAKE_DOMAIN_MANAGER: 'crash' })
  t.match(JSON.parse(await running(launcher)), { notices: [/domain-manager has not started/] })
  t.equal((await edgeAnswer(dataDir)).status, 302)
  const waits = launcher.lines
    .filter((line) => line.includes('"message":"a process ended'))
    .map((line) => JSON.parse(line) as { failures: number; wait_ms: number })
  t.ok(waits.length >= 3)
  for (const [index, { failures, wait_ms: waitMs }] of waits.entries()) {
    t.equal(failures, index + 1)
    t.ok(waitMs >= 100 * 2 ** index && waitMs <= 200 * 2 ** index, `${waitMs} ms`)
  }
})

for (const name of SERVICES) {
  t.test(`${name} comes back at its address when it is killed, the others go on`, async (t) => {
    const dataDir = newDataDir(t)
    await running(await start(t, dataDir))
    const before = Object.fromEntries(SERVICES.map((each) => [each, pidOf(dataDir, each)]))
    const ports = await readPorts(dataDir)
    process.kill(before[name] ?? 0, 'SIGKILL')
    const after = await eventually(
      'it is back',
      async () => {
        const pid = pidOf(dataDir, name) ?? 0
        const answers = await fetch(`http://127.0.0.1:${ports[name]?.['http']}/`, {
          redirect: 'manual',
        }).catch(() => undefined)
        return answers !== undefined && pid > 0 && pid !== before[name] && pid
      },
      { withinMs: 10_000 },
    )
    t.notSame(after, before[name])
    t.same(await readPorts(dataDir), ports)
    for (const other of SERVICES.filter((each) => each !== name)) {
      t.equal(pidOf(dataDir, other), before[other])
    }
    t.equal((await edgeAnswer(dataDir)).status, 302)
  })
}

t.test('nothing stays behind when the launcher is killed', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir)
  await running(launcher)
  const pids = pidsOf(dataDir, SERVICES)
  launcher.kill('SIGKILL')
  await untilGone(pids)
  // The notes are still there, and must not keep the next start from starting.
  t.same(pidsOf(dataDir, SERVICES), pids)
  await running(await start(t, dataDir))
})

t.test('a process of an earlier start that stays is explained', async (t) => {
  const dataDir = newDataDir(t)
  const port = { EDGE_ADDR: '127.0.0.1:0', FINGERPOST_DATA_DIR: dataDir }
  const leftover = spawn(process.execPath, [fileURLToPath(fake('edge.ts'))], {
    env: { ...process.env, ...port },
    stdio: 'ignore',
  })
  t.teardown(() => leftover.kill('SIGKILL'))
  mkdirSync(join(dataDir, 'run'), { recursive: true })
  writeFileSync(join(dataDir, 'run', 'edge.pid'), `${leftover.pid}\n`)
  const launcher = await start(t, dataDir)
  t.same(await launcher.exited, { code: 1, signal: null })
  t.match(
    launcher.lines.at(-1),
    new RegExp(
      `^The data directory .* is in use by edge \\(process ${leftover.pid}\\) of another start\\. ` +
        `Stop that one \\("kill ${leftover.pid}"\\), or set FINGERPOST_DATA_DIR`,
    ),
  )
})

t.test('a process id that another program has meanwhile is no leftover', async (t) => {
  const dataDir = newDataDir(t)
  mkdirSync(join(dataDir, 'run'))
  writeFileSync(join(dataDir, 'run', 'edge.pid'), `${process.pid}\n`)
  writeFileSync(join(dataDir, 'run', 'caddy.pid'), 'x')
  await running(await start(t, dataDir))
})

t.test('a service that does not stop is ended, within five seconds', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir, { FAKE_EDGE: 'ignore_term' })
  await running(launcher)
  const pids = pidsOf(dataDir, SERVICES)
  const startedAt = performance.now()
  launcher.kill('SIGTERM')
  t.same(await launcher.exited, { code: 0, signal: null })
  t.ok(performance.now() - startedAt < 5_000)
  t.notOk(pids.some(isAlive))
})

t.test('a second signal that is no echo of the first ends everything at once', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir, { FAKE_DOMAIN_MANAGER: 'ignore_term' })
  await running(launcher)
  const pids = pidsOf(dataDir, SERVICES)
  launcher.kill('SIGINT')
  // Why a sleep: the rule is about how long after the first signal the next one comes.
  await sleep(700)
  t.ok(isAlive(launcher.pid))
  const secondAt = performance.now()
  launcher.kill('SIGINT')
  await launcher.exited
  t.ok(performance.now() - secondAt < 1_500)
  await untilGone(pids)
})

t.test('a stop in the middle of the start leaves nothing', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await start(t, dataDir)
  await eventually('a child', () => existsSync(join(dataDir, 'run', 'edge.pid')), {
    withinMs: 10_000,
  })
  const pids = pidsOf(dataDir, ['edge'])
  launcher.kill('SIGTERM')
  t.same(await launcher.exited, { code: 0, signal: null })
  await untilGone(pids)
})

t.test(
  'on a terminal it speaks to people, in colours unless they are not wanted',
  { skip: missingPrograms(['script']) },
  async (t) => {
    for (const env of [{}, { NO_COLOR: '1' }]) {
      const dataDir = newDataDir(t)
      const program = await startProgram({
        name: 'script',
        command: 'script',
        args: ['-qec', `${process.execPath} ${fileURLToPath(fake('launcher.ts'))}`, '/dev/null'],
        env: { ...ANY_PORTS, FINGERPOST_DATA_DIR: dataDir, TERM: 'xterm', ...env },
        cwd: dataDir,
        ready: { kind: 'line', matches: /have nowhere to lead/ },
        readyWithinMs: 10_000,
        stopWithinMs: 10_000,
      })
      const text = program.lines.join('\n')
      const pids = pidsOf(dataDir, SERVICES)
      await program.stop()
      await untilGone(pids)
      t.match(text, /Fingerpost is running\. Ctrl-C stops it\./)
      t.match(text, /curl -i http:\/\/go\.localhost:\d+\/hello/)
      t.match(text, /plain words of edge \\u\{1b\}\[31m/)
      t.notMatch(text, /"message"/)
      t.equal(text.includes('\u001B['), !('NO_COLOR' in env))
    }
  },
)
