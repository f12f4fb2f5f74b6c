import { plainCheck } from '@fingerpost/contract/fake-rows'
import { mkdir } from 'node:fs/promises'
import { connectCore } from '@fingerpost/contract/core-client'
import { freePorts } from '../../test/support/free-port.ts'
import type { Program } from '../../test/support/program.ts'
import { SECRET } from './edge.ts'
import { startNode } from './processes.ts'

const ADMIN_TOKEN = 'the-token-of-a-benchmark'
const HOSTNAME = 'links-0.bench.test'
const CALL_MS_MAX = 30_000

/** An answer of the HTTP API. */
export type ApiAnswer = { readonly status: number; readonly body: unknown }

/** A real api-core with one workspace and one domain whose links are served. */
export type BenchApiCore = AsyncDisposable & {
  readonly grpcPort: number
  /** SIGKILL, then started again on the same data and ports. */
  killAndRestart(pausedMs: number): Promise<void>
  /** Calls the HTTP API; the path is under the workspace. */
  call(method: string, path: string, body?: object): Promise<ApiAnswer>
  /** Makes a link; gives its id. */
  createLink(slug: string, destination: string): Promise<string>
  readonly hostname: string
}

/** Starts api-core over an empty SQLite, and adds a domain that is verified at once. */
export async function startApiCore(directory: string): Promise<BenchApiCore> {
  const dataDir = `${directory}/core`
  await mkdir(dataDir)
  const [httpPort = 0, grpcPort = 0] = await freePorts(2)
  const start = async (): Promise<Program> => {
    const { program } = await startNode({
      name: 'api-core',
      script: 'services/api-core/src/main.ts',
      core: undefined,
      env: {
        FINGERPOST_DATA_DIR: dataDir,
        FINGERPOST_GRPC_TOKEN: SECRET,
        FINGERPOST_PUBLIC_TARGET: 'edge.bench.test',
        CORE_ADMIN_TOKEN: ADMIN_TOKEN,
        CORE_HTTP_ADDR: `127.0.0.1:${httpPort}`,
        CORE_GRPC_ADDR: `127.0.0.1:${grpcPort}`,
        CORE_OPS_ADDR: '127.0.0.1:0',
      },
    })
    return program
  }
  let program = await start()
  const request = (method: string, path: string, body?: object) =>
    callApi(`http://127.0.0.1:${httpPort}${path}`, method, body)
  try {
    const workspace = idOf(await request('POST', '/v1/workspaces', { name: 'Bench' }))
    const call: BenchApiCore['call'] = (method, path, body) =>
      request(method, `/v1/workspaces/${workspace}${path}`, body)
    const domain = idOf(await call('POST', '/domains', { hostname: HOSTNAME }))
    await verifyDomains(grpcPort)
    return {
      grpcPort,
      hostname: HOSTNAME,
      call,
      createLink: async (slug, destination) =>
        idOf(
          await call('POST', '/links', { domain_id: domain, slug, destination_url: destination }),
        ),
      killAndRestart: async (pausedMs) => {
        program.kill('SIGKILL')
        await program.exited
        await new Promise((resolve) => setTimeout(resolve, pausedMs))
        program = await start()
      },
      [Symbol.asyncDispose]: async () => void (await program.stop()),
    }
  } catch (error) {
    await program.stop()
    throw error
  }
}

async function callApi(url: string, method: string, body?: object): Promise<ApiAnswer> {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(CALL_MS_MAX),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.includes('json') === true
  return { status: answer.status, body: isJson ? JSON.parse(text) : undefined }
}

function idOf({ status, body }: ApiAnswer): string {
  const { id } = (body ?? {}) as { readonly id?: unknown }
  if (status === 201 && typeof id === 'string') return id
  throw new Error(`api-core answered ${status}: ${JSON.stringify(body)}`)
}

/** Records, as domain-manager does, that every domain proved its ownership. */
async function verifyDomains(grpcPort: number): Promise<void> {
  await using core = connectCore({
    address: `127.0.0.1:${grpcPort}`,
    secret: SECRET,
    deadlineMs: 5_000,
  })
  const due = await core.claimDueDomains({ workerId: 'bench', limit: 10, leaseMs: 10_000 })
  for (const domain of due) {
    const message = { code: 'ownership_proved', message: 'The benchmark says so.' } as const
    const outcome = await core.recordCheck({
      ...plainCheck(domain, Date.now()),
      transition: { ...message, to: 'verified' },
    })
    if (outcome !== 'applied') throw new Error(`The check of the domain was ${outcome}.`)
  }
}
