import { readFileSync, statSync } from 'node:fs'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { createLogger } from '@fingerpost/chassis/logger'
import { readPorts } from '@fingerpost/chassis/run-files'
import { connectCore } from '@fingerpost/contract/core-client'
import { readCoreConfig } from '../src/config.ts'
import { startCore } from '../src/start.ts'
import { callProcess } from './core-process.ts'
import { ADMIN_TOKEN, SILENT, withPostgres } from './installation.ts'

const FREE_PORTS = {
  CORE_HTTP_ADDR: '127.0.0.1:0',
  CORE_GRPC_ADDR: '127.0.0.1:0',
  CORE_OPS_ADDR: '127.0.0.1:0',
}

t.test('a start notes its ports and makes the secrets that are not given', async (t) => {
  const dataDir = t.testdir()
  const config = readCoreConfig({ ...FREE_PORTS, FINGERPOST_DATA_DIR: dataDir })
  await using core = await startCore(config, SILENT)
  t.same((await readPorts(dataDir))['api-core'], core.ports)
  for (const name of ['admin-token', 'grpc-token', 'fingerpost.sqlite']) {
    t.equal(statSync(`${dataDir}/${name}`).mode & 0o777, 0o600, name)
  }
  const token = readFileSync(`${dataDir}/admin-token`, 'utf8').trim()
  const headers = { authorization: `Bearer ${token}` }
  const list = await fetch(`http://127.0.0.1:${core.ports.http}/v1/workspaces`, { headers })
  t.equal(list.status, 200)
  t.equal((await ops(core.ports.ops, '/readyz')).status, 200)
  const metrics = await ops(core.ports.ops, '/metrics')
  t.match(metrics.text, /^fingerpost_core_http_request_duration_seconds_count\{.*\} 1$/m)
  t.match(metrics.text, /^fingerpost_core_change_sequence 0$/m)
})

t.test('no secret reaches the log or the metrics, whatever is sent', async (t) => {
  let logged = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk)
      done()
    },
  })
  const log = createLogger('api-core', 'trace', sink)
  const secret = 'the-secret-between-services'
  const config = readCoreConfig({
    ...FREE_PORTS,
    FINGERPOST_DATA_DIR: t.testdir(),
    CORE_ADMIN_TOKEN: ADMIN_TOKEN,
    FINGERPOST_GRPC_TOKEN: secret,
  })
  await using core = await startCore(config, log)
  const { http, grpc } = core.ports
  const made = await callProcess(http, '/v1/workspaces', { method: 'POST', body: { name: 'A' } })
  const path = `/v1/workspaces/${made.body.id}/tokens`
  const body = { name: 'x', scopes: ['links:read'] }
  const { body: token } = await callProcess(http, path, { method: 'POST', body })
  const headers = { authorization: `Bearer ${token.token}` }
  await fetch(`http://127.0.0.1:${http}/v1/workspaces/x`, { headers })
  await using client = connectCore({ address: `127.0.0.1:${grpc}`, secret, deadlineMs: 5_000 })
  await client.claimDueDomains({ workerId: 'x', limit: 1, leaseMs: 1_000 })
  const seen = logged + (await ops(core.ports.ops, '/metrics')).text
  t.ok(logged.length > 100)
  for (const hidden of [ADMIN_TOKEN, secret, token.token.slice(-43)]) t.notOk(seen.includes(hidden))
  t.notOk(seen.includes(made.body.id), 'no metric has a label per workspace')
})

await withPostgres(t, (t, { newUrl, postgres }) => {
  t.test('a start does not need PostgreSQL to be up, and is ready when it is', async (t) => {
    if (postgres === undefined) throw new Error('PostgreSQL is missing.')
    const url = await newUrl()
    await postgres.crash()
    const config = readCoreConfig({
      ...FREE_PORTS,
      FINGERPOST_DATA_DIR: t.testdir(),
      DATABASE_URL: url,
      CORE_ADMIN_TOKEN: ADMIN_TOKEN,
    })
    await using core = await startCore(config, SILENT)
    t.equal((await ops(core.ports.ops, '/livez')).status, 200)
    t.match(await ops(core.ports.ops, '/readyz'), { status: 503, text: '"storage":false' })
    const refused = await callProcess(core.ports.http, '/v1/workspaces')
    t.match(refused, { status: 503, body: { code: 'storage_unavailable' } })
    await postgres.start()
    await untilReady(t, core.ports.ops)
    t.equal((await callProcess(core.ports.http, '/v1/workspaces')).status, 200)
  })
})

async function untilReady(t: Test, port: number): Promise<void> {
  const end = performance.now() + 20_000
  while ((await ops(port, '/readyz')).status !== 200) {
    if (performance.now() > end) return void t.fail('not ready within 20 s')
  }
}

async function ops(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return { status: response.status, text: await response.text() }
}
