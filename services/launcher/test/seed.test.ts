import { once } from 'node:events'
import { readFileSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { seedOnce, type SeedDeps } from '../src/seed.ts'

type Api = { readonly url: string; readonly calls: string[] }

/** An API without workspaces, in which everything that is asked for is made. */
async function startApi(t: Test): Promise<Api> {
  const calls: string[] = []
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`)
    response.setHeader('content-type', 'application/json')
    const answer = request.method === 'GET' ? { data: [] } : { id: `id_${calls.length}` }
    response.end(JSON.stringify(answer))
  })
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls }
}

function depsFor(api: Api, dataDir: string, warnings: unknown[] = []): SeedDeps {
  return {
    dataDir,
    apiUrl: api.url,
    token: 'secret',
    signal: AbortSignal.timeout(10_000),
    clock: SYSTEM_CLOCK,
    log: { warn: (facts: unknown) => void warnings.push(facts) },
  }
}

t.test('a complete seed is not written again, nor looked at by the API', async (t) => {
  const api = await startApi(t)
  const dataDir = t.testdir({})
  const path = join(dataDir, 'seed.json')
  t.match(await seedOnce(depsFor(api, dataDir)), { workspaceId: 'id_2', isNew: true })
  const { ino } = statSync(path)
  const content = readFileSync(path, 'utf8')
  const calls = api.calls.length
  t.match(await seedOnce(depsFor(api, dataDir)), { workspaceId: 'id_2', isNew: false })
  t.equal(statSync(path).ino, ino, 'the file is the one of the first start')
  t.equal(readFileSync(path, 'utf8'), content)
  t.equal(api.calls.length, calls)
})

for (const missing of ['workspace_id', 'domain_id', 'link_id']) {
  t.test(`a seed without its ${missing} goes on`, async (t) => {
    const api = await startApi(t)
    const all = { workspace_id: 'ws_1', domain_id: 'dom_1', link_id: 'lnk_1' }
    const kept = JSON.stringify({ ...all, [missing]: undefined })
    const dataDir = t.testdir({ 'seed.json': kept })
    t.match(await seedOnce(depsFor(api, dataDir)), { isNew: true })
    t.equal(api.calls.length, 1)
    t.same(JSON.parse(readFileSync(join(dataDir, 'seed.json'), 'utf8')), {
      ...all,
      [missing]: 'id_1',
    })
  })
}

t.test('a note that cannot be written is reported, and the link is made', async (t) => {
  const api = await startApi(t)
  const dataDir = join(t.testdir({}), 'data')
  // Leads nowhere: nothing is there to read, and nothing can be written, not even by root.
  symlinkSync('absent/folder', dataDir)
  const warnings: unknown[] = []
  t.match(await seedOnce(depsFor(api, dataDir, warnings)), { slug: 'hello', isNew: true })
  t.equal(api.calls.length, 4)
  t.match(warnings[0], { path: join(dataDir, 'seed.json'), error: Error })
})
