import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { request } from './support/raw-client.ts'
import { ops } from './support/running-edge.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

function run(dataDir: string, settings: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { FINGERPOST_DATA_DIR: dataDir, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', errors: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.errors += text))
  return { child, said, exited: once(child, 'exit') }
}

t.beforeEach(async (t) => {
  t.context.dataDir = await mkdtemp(join(tmpdir(), 'fingerpost-edge-'))
})
t.afterEach((t) => rm(t.context.dataDir, { recursive: true }))

t.test('the edge starts alone, notes its ports, and stops cleanly on SIGTERM', async (t) => {
  const { child, said, exited } = run(t.context.dataDir, {
    EDGE_ADDR: '127.0.0.1:0',
    EDGE_OPS_ADDR: '127.0.0.1:0',
    CORE_GRPC_ADDR: '127.0.0.1:1',
  })
  t.teardown(() => child.kill('SIGKILL'))
  while (!said.out.includes('"started"')) await once(child.stdout, 'data')
  const file = await readFile(join(t.context.dataDir, 'run', 'ports.json'), 'utf8')
  const { edge } = JSON.parse(file)
  t.match(said.out, `"ports":{"http":${edge.http},"ops":${edge.ops}}`)
  t.match(said.out, /"config":\{[^\n]*"coreToken":"file"[^\n]*"configured"/)
  t.equal((await request(edge.http, 'links.example.com', '/x')).status, 503)
  t.equal((await ops(edge.ops, '/readyz')).status, 200)
  t.equal((await ops(edge.ops, '/livez')).status, 200)

  const startedMs = performance.now()
  child.kill('SIGTERM')
  t.same(await exited, [0, null])
  t.ok(performance.now() - startedMs < 5_000, `${Math.round(performance.now() - startedMs)} ms`)
})

t.test('a wrong configuration is named in full, in one go', async (t) => {
  const { said, exited } = run(t.context.dataDir, { EDGE_L1_TTL_MS: 'soon', EDGE_PROT: '80' })
  t.same(await exited, [1, null])
  t.match(said.errors, /EDGE_L1_TTL_MS is "soon".*\n.*EDGE_PROT is set but is not a known setting/)
  t.equal(said.errors.trim().split('\n').length, 3, 'no stack trace')
})
