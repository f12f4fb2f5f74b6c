import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createLogger } from './logger.ts'
import { portsPath, readPorts, recordPorts, runDir } from './run-files.ts'

const SILENT = createLogger('test', 'fatal')

t.test('services that start at the same moment all find their ports noted', async (t) => {
  const dataDir = t.testdir({})
  const services = Array.from({ length: 12 }, (_, index) => `service-${index}`)
  await Promise.all(
    services.map((service, index) => recordPorts(dataDir, service, { http: index }, SILENT)),
  )
  t.same(
    await readPorts(dataDir),
    Object.fromEntries(services.map((service, index) => [service, { http: index }])),
  )
  t.same(readdirSync(runDir(dataDir)), ['ports.json'])
})

t.test('so do processes that start at the same moment', async (t) => {
  const dataDir = t.testdir({})
  const url = JSON.stringify(new URL('run-files.ts', import.meta.url))
  const run = (service: string) =>
    promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      `import { recordPorts } from ${url}
       for (let n = 0; n <= 20; n += 1)
         await recordPorts(${JSON.stringify(dataDir)}, '${service}', { http: n }, console)`,
    ])
  await Promise.all(['edge', 'api-core', 'domain-manager'].map(run))
  const each = { http: 20 }
  t.same(await readPorts(dataDir), { edge: each, 'api-core': each, 'domain-manager': each })
})

t.test('a service that starts again replaces its own ports only', async (t) => {
  const dataDir = t.testdir({})
  await recordPorts(dataDir, 'edge', { http: 1, ops: 2 }, SILENT)
  await recordPorts(dataDir, 'api-core', { http: 3 }, SILENT)
  await recordPorts(dataDir, 'edge', { http: 4 }, SILENT)
  t.same(await readPorts(dataDir), { edge: { http: 4 }, 'api-core': { http: 3 } })
})

t.test(
  'a lock left behind by a killed process is taken over, a fresh one is waited for',
  async (t) => {
    const dataDir = t.testdir({})
    mkdirSync(runDir(dataDir))
    const lock = `${portsPath(dataDir)}.lock`
    writeFileSync(lock, '')
    const longAgo = new Date(Date.now() - 60_000)
    utimesSync(lock, longAgo, longAgo)
    await recordPorts(dataDir, 'edge', { http: 1 }, SILENT)

    writeFileSync(lock, '')
    const madeAtMs = statSync(lock).mtimeMs
    await recordPorts(dataDir, 'edge', { http: 2 }, SILENT)
    t.ok(Date.now() - madeAtMs >= 1_900, 'the fresh lock was held until it was stale')
    t.same(await readPorts(dataDir), { edge: { http: 2 } })

    // A clock that was set back leaves a lock from the future.
    writeFileSync(lock, '')
    const later = new Date(Date.now() + 3_600_000)
    utimesSync(lock, later, later)
    await recordPorts(dataDir, 'edge', { http: 3 }, SILENT)
    t.same(await readPorts(dataDir), { edge: { http: 3 } })
  },
)

for (const content of ['{"edge":', 'null', '[1]', '{"edge":{"http":"x"}}', '"text"']) {
  t.test(`a broken note ${content} reads as no ports and is replaced`, async (t) => {
    const dataDir = t.testdir({ run: { 'ports.json': content } })
    t.same(await readPorts(dataDir), {})
    await recordPorts(dataDir, 'edge', { http: 1 }, SILENT)
    t.same(await readPorts(dataDir), { edge: { http: 1 } })
  })
}

t.test('without a note there are no ports', async (t) => {
  t.same(await readPorts(join(t.testdir({}), 'absent')), {})
})

t.test('a note that cannot be written is reported and stops nobody', async (t) => {
  const dataDir = t.testdir({ run: 'a file where the folder has to be' })
  const reported: unknown[] = []
  const log = { warn: (facts: unknown) => void reported.push(facts) }
  await recordPorts(dataDir, 'edge', { http: 1 }, log)
  t.match(reported, [{ path: portsPath(dataDir), error: { code: /EEXIST|ENOTDIR/ } }])
})
