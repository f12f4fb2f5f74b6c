// Measures how long `npm start` takes on a fresh data directory: to the summary, to the first
// redirect by HTTP, and to the first by HTTPS (certificate included). Prints the median of some
// rounds. Run it alone on a quiet machine: node bench/start.ts [rounds]
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '../test/support/eventually.ts'
import { freePorts } from '../test/support/free-port.ts'
import { startProgram } from '../test/support/program.ts'
import { httpGet, httpsGet } from '../test/support/tls-client.ts'

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
const HOST = 'go.localhost'
const WITHIN_MS = 60_000

const NAMES = {
  http: 'first redirect by HTTP',
  https: 'first redirect by HTTPS',
  summary: 'summary',
} as const

type Round = Readonly<Record<'summary' | 'http' | 'https', number | undefined>>

const rounds: Round[] = []
const count = Number(process.argv[2] ?? 5)
for (let round = 0; round < count; round += 1) rounds.push(await measure())

console.log(`npm start on a fresh data directory, ${count} rounds, milliseconds`)
for (const what of ['http', 'https', 'summary'] as const) {
  const times = rounds.map((round) => round[what]).filter((time) => time !== undefined)
  console.log(`  ${NAMES[what].padEnd(30)} ${describe(times)}`)
}

async function measure(): Promise<Round> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fingerpost-bench-'))
  const [edge = 0, http = 0, https = 0, ...rest] = await freePorts(9)
  const address = (port = 0): string => `127.0.0.1:${port}`
  const startedAt = performance.now()
  try {
    await using launcher = await startProgram({
      name: 'npm start',
      command: 'npm',
      args: ['start', '--silent'],
      env: {
        FINGERPOST_DATA_DIR: dataDir,
        FINGERPOST_HTTP_PORT: String(http),
        FINGERPOST_HTTPS_PORT: String(https),
        EDGE_ADDR: address(edge),
        EDGE_OPS_ADDR: address(rest[0]),
        CORE_HTTP_ADDR: address(rest[1]),
        CORE_GRPC_ADDR: address(rest[2]),
        CORE_OPS_ADDR: address(rest[3]),
        DOMAINS_ADDR: address(rest[4]),
        DOMAINS_OPS_ADDR: address(rest[5]),
        DOMAINS_PLAIN_ADDR: '127.0.0.1:0',
        DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:0',
      },
      cwd: REPOSITORY,
      ready: { kind: 'line', matches: /./ },
      readyWithinMs: WITHIN_MS,
      stopWithinMs: 10_000,
    })
    const since = (): number => performance.now() - startedAt
    const redirects = async (status: () => Promise<number>): Promise<number> => {
      await eventually('a redirect', async () => (await status()) === 302, { withinMs: WITHIN_MS })
      return since()
    }
    const request = { host: HOST, path: '/hello', timeoutMs: 1_000 }
    const summary = launcher
      .waitForLine(/"message":"running"/, { withinMs: WITHIN_MS })
      .then((line) => ({ at: since(), hasHttps: line.includes('"https":') }))
    const byHttp = redirects(async () => {
      const answer = await httpGet({ ...request, port: edge })
      return answer.kind === 'answered' ? answer.status : 0
    })
    const byHttps = redirects(async () => {
      const answer = await httpsGet({ ...request, port: https, caPem: await rootOf(dataDir) })
      return answer.kind === 'answered' ? answer.status : 0
    })
    // Why: without Caddy it never comes, and its waiting must not become an unhandled rejection.
    byHttps.catch(() => {})
    const { at, hasHttps } = await summary
    return { summary: at, http: await byHttp, https: hasHttps ? await byHttps : undefined }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function rootOf(dataDir: string): Promise<string> {
  const root = join(dataDir, 'caddy/pki/authorities/local/root.crt')
  return readFile(root, 'utf8').catch(() => '')
}

function describe(times: readonly number[]): string {
  if (times.length === 0) return 'not measured: no Caddy'
  const sorted = times.toSorted((one, other) => one - other).map((time) => Math.round(time))
  const median = sorted[Math.floor(sorted.length / 2)]
  return `median ${median}, from ${sorted[0]} to ${sorted.at(-1)}`
}
