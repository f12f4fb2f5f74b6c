import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { portsPath, readPorts, recordPorts, runDir } from './run-files.ts'

t.test('services that start at the same moment all find their ports noted', async (t) => {
  const dataDir = t.testdir({})
  const services = Array.from({ length: 12 }, (_, index) => `service-${index}`)
  await Promise.all(
    services.map((service, index) => recordPorts(dataDir, service, { http: index })),
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
         await recordPorts(${JSON.stringify(dataDir)}, '${service}', { http: n })`,
    ])
  await Promise.all(['edge', 'api-core', 'domain-manager'].map(run))
  const each = { http: 20 }
  t.same(await readPorts(dataDir), { edge: each, 'api-core': each, 'domain-manager': each })
})

t.test('a service that starts again replaces its own ports only', async (t) => {
  const dataDir = t.testdir({})
  await recordPorts(dataDir, 'edge', { http: 1, ops: 2 })
  await recordPorts(dataDir, 'api-core', { http: 3 })
  await recordPorts(dataDir, 'edge', { http: 4 })
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
    await recordPorts(dataDir, 'edge', { http: 1 })

    writeFileSync(lock, '')
    const madeAtMs = statSync(lock).mtimeMs
    await recordPorts(dataDir, 'edge', { http: 2 })
    t.ok(Date.now() - madeAtMs >= 1_900, 'the fresh lock was held until it was stale')
    t.same(await readPorts(dataDir), { edge: { http: 2 } })
  },
)

for (const content of ['{"edge":', 'null', '[1]', '{"edge":{"http":"x"}}', '"text"']) {
  t.test(`a broken note ${content} reads as no ports and is replaced`, async (t) => {
    const dataDir = t.testdir({ run: { 'ports.json': content } })
    t.same(await readPorts(dataDir), {})
    await recordPorts(dataDir, 'edge', { http: 1 })
    t.same(await readPorts(dataDir), { edge: { http: 1 } })
  })
}

t.test('without a note there are no ports', async (t) => {
  t.same(await readPorts(join(t.testdir({}), 'absent')), {})
})
