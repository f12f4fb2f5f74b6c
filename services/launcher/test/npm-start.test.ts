import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startProgram } from '../../../test/support/program.ts'
import { ANY_PORTS, isAlive, newDataDir, pidsOf, running, SERVICES, untilGone } from './launch.ts'

// Why more than the two minutes of other files: dozens of processes start here, one after another.
t.setTimeout(300_000)

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))

// Why through npm: it stands between the terminal and the launcher, with a shell of its own.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
  t.test(`${signal} to "npm start" leaves nothing behind`, async (t) => {
    const dataDir = newDataDir(t)
    const npm = await startProgram({
      name: 'npm start',
      command: 'npm',
      args: ['start', '--ignore-scripts'],
      env: { ...ANY_PORTS, FINGERPOST_DATA_DIR: dataDir, FINGERPOST_CADDY: 'off' },
      cwd: REPOSITORY,
      ready: { kind: 'line', matches: /./ },
      readyWithinMs: 30_000,
      stopWithinMs: 10_000,
    })
    t.teardown(() => npm.stop())
    await running(npm)
    const pids = pidsOf(dataDir, SERVICES)
    t.ok(pids.every(isAlive))
    npm.kill(signal)
    await untilGone(pids)
    await npm.exited
  })
}
