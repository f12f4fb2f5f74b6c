import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDir, readJson, runFake } from './fake-service.ts'

const EXISTING = process.env['FAKE_WORKSPACES'] === 'some' ? [{ id: 'ws_old' }] : []
const IDS = new Map([
  ['/v1/workspaces', 'ws_1'],
  ['/v1/workspaces/ws_1/domains', 'dom_1'],
  ['/v1/workspaces/ws_1/links', 'lnk_1'],
])

await runFake('api-core', 'CORE_HTTP_ADDR', async (request, response) => {
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  if (request.method === 'GET') return send(200, { data: EXISTING, next_cursor: null })

  const url = request.url ?? ''
  const { authorization, 'idempotency-key': key } = request.headers
  const body = await readJson(request)
  appendFileSync(join(dataDir, 'calls'), `${JSON.stringify({ url, authorization, key, body })}\n`)
  if (process.env['FAKE_REFUSES'] === url) return send(409, { detail: 'Refused on purpose.' })
  if (process.env['FAKE_DIES_AT'] === url) process.kill(process.pid, 'SIGKILL')
  send(201, { id: IDS.get(url) })
})
