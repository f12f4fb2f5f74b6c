import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { callProcess, startCoreProcess } from './core-process.ts'

const ROUNDS = 20
const WRITERS = 4

t.test('kill -9 during a stream of writes loses nothing that was acknowledged', async (t) => {
  const dataDir = t.testdir()
  const acknowledged = new Map<string, string>()
  const place = await makeDomain(dataDir)
  for (let round = 0; round < ROUNDS; round += 1) {
    await using core = await startCoreProcess(dataDir)
    const stop = new AbortController()
    const writers = Array.from({ length: WRITERS }, () =>
      write(core.ports.http, place, acknowledged, stop.signal),
    )
    await sleep(randomInt(30, 200))
    await core.end('SIGKILL')
    stop.abort()
    await Promise.all(writers)
  }

  const database = new DatabaseSync(join(dataDir, 'fingerpost.sqlite'))
  t.teardown(() => database.close())
  t.equal(database.prepare('pragma integrity_check').get()?.['integrity_check'], 'ok')
  const rows = database.prepare('select id, slug from links').all()
  const stored = new Map(rows.map(({ id, slug }) => [id, slug]))
  const lost = [...acknowledged].filter(([id, slug]) => stored.get(id) !== slug)
  t.same(lost, [])
  t.ok(acknowledged.size > ROUNDS, `${acknowledged.size} writes were acknowledged`)
  t.comment(`${ROUNDS} kills, ${acknowledged.size} acknowledged, ${rows.length} stored, 0 lost`)

  const sequences = database.prepare('select sequence from changes order by sequence').all()
  const head = database.prepare('select sequence from change_head').get()?.['sequence']
  t.equal(sequences.length, head, 'every change that was counted is there')
  const counted = database.prepare('select link_count from workspaces').get()?.['link_count']
  t.equal(counted, rows.length)
})

type Place = { readonly path: string; readonly domainId: string }

async function makeDomain(dataDir: string): Promise<Place> {
  await using core = await startCoreProcess(dataDir)
  const port = core.ports.http
  const name = { name: 'Acme' }
  const workspace = await callProcess(port, '/v1/workspaces', { method: 'POST', body: name })
  const path = `/v1/workspaces/${workspace.body.id}`
  const hostname = { hostname: 'go.localhost' }
  const domain = await callProcess(port, `${path}/domains`, { method: 'POST', body: hostname })
  return { path, domainId: domain.body.id }
}

async function write(
  port: number,
  { path, domainId }: Place,
  acknowledged: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const body = { domain_id: domainId, destination_url: 'https://example.com/' }
  while (!signal.aborted) {
    const answer = await callProcess(port, `${path}/links`, { method: 'POST', body }).catch(
      () => undefined,
    )
    // Why the end: the process was killed, which is what this is about.
    if (answer === undefined) return
    if (answer.status === 201) acknowledged.set(answer.body.id, answer.body.slug)
  }
}
