import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { connectCore } from '@fingerpost/contract/core-client'
import { hourOf, type ClickCount } from '@fingerpost/model/click'
import { callProcess, startCoreProcess } from './core-process.ts'

const ROUNDS = 5

t.test('kill -9 between storing a batch and answering it counts no click twice', async (t) => {
  const dataDir = t.testdir()
  const click = await makeLink(dataDir)
  const batch = (number: number) => ({ source: 'edge-1', number, clicks: [click] })
  let number = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    await using core = await startCoreProcess(dataDir)
    await using line = await openLine(core.ports.grpc)
    const secret = (await readFile(join(dataDir, 'grpc-token'), 'utf8')).trim()
    await using client = connectCore({ address: line.address, secret, deadlineMs: 30_000 })
    // What the last round did not hear of is sent again.
    if (number > 0) await client.recordClicks(batch(number))
    await client.recordClicks(batch((number += 1)))
    line.mute()
    const unanswered = client.recordClicks(batch((number += 1)))
    // Why: it fails while this waits for the database.
    unanswered.catch(() => undefined)
    while (lastNumber(dataDir) !== number) await sleep(2)
    await core.end('SIGKILL')
    line.cut()
    await t.rejects(unanswered, { code: 'core_unavailable' })
  }
  await using core = await startCoreProcess(dataDir)
  const path = `/v1/workspaces/${click.workspaceId}/links/${click.linkId}/clicks`
  const { body } = await callProcess(core.ports.http, path)
  t.equal(number, 2 * ROUNDS)
  t.same(body.totals, { human: number, bot: 0, prefetch: 0, head: 0 })
  t.same(body.referrers, [{ referrer: 'example.org', human: number }])
})

async function makeLink(dataDir: string): Promise<ClickCount> {
  await using core = await startCoreProcess(dataDir)
  const post = async (path: string, body: object) =>
    (await callProcess(core.ports.http, path, { method: 'POST', body })).body
  const { id: workspaceId } = await post('/v1/workspaces', { name: 'Acme' })
  const path = `/v1/workspaces/${workspaceId}`
  const domain = await post(`${path}/domains`, { hostname: 'go.localhost' })
  const destination = { domain_id: domain.id, destination_url: 'https://example.com/' }
  const { id: linkId } = await post(`${path}/links`, destination)
  return {
    workspaceId,
    linkId,
    hour: hourOf(Date.now()),
    visitor: 'human',
    device: 'mobile',
    referrer: 'example.org',
    country: 'DE',
    count: 1,
  }
}

function lastNumber(dataDir: string): unknown {
  const database = new DatabaseSync(join(dataDir, 'fingerpost.sqlite'), { readOnly: true })
  try {
    return database.prepare('select last_number from click_sources').get()?.['last_number']
  } finally {
    database.close()
  }
}

type Line = AsyncDisposable & {
  readonly address: string
  /** From now on nothing comes back. */
  mute(): void
  /** Ends all connections. */
  cut(): void
}

/** A line to a port that can be made to lose what comes back. */
async function openLine(port: number): Promise<Line> {
  let isMute = false
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => other.destroy())
    }
    near.on('data', (octets) => far.write(octets))
    far.on('data', (octets) => {
      if (!isMute) near.write(octets)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    address: `127.0.0.1:${portOf(server.address())}`,
    mute: () => {
      isMute = true
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('It has no port.')
  return address.port
}
