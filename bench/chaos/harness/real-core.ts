import { plainCheck } from '@fingerpost/contract/fake-rows'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { connectCore } from '@fingerpost/contract/core-client'
import type { DueDomain } from '@fingerpost/contract/core-api'
import { SECRET } from '../../harness/edge.ts'
import { hostnameAt, plainLink, type LinkSet } from '../../harness/links.ts'
import { freePorts } from '../../../test/support/free-port.ts'
import { startProgram, type Program } from '../../../test/support/program.ts'
import { ApiClient } from '../../../test/story/api-client.ts'

const ADMIN_TOKEN = 'the-token-of-the-operator'
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const SEEDED_AT_ONCE = 16
const CALL_MS_MAX = 5_000
const LEASE_MS = 60_000

/** A link as it was made through the API. */
export type MadeLink = { readonly id: string; readonly index: number }

/** The real api-core over a database file, on ports that it keeps. */
export class RealCore implements AsyncDisposable {
  readonly grpcPort: number
  readonly api: ApiClient
  readonly dataDir: string
  readonly #httpPort: number
  #workspaceId = ''
  #program: Program | undefined

  /** @param dataDir a folder of its own, made when it is not there */
  static async start(dataDir: string): Promise<RealCore> {
    await mkdir(dataDir, { recursive: true })
    const [httpPort = 0, grpcPort = 0] = await freePorts(2)
    const core = new RealCore(dataDir, httpPort, grpcPort)
    await core.start()
    return core
  }

  private constructor(dataDir: string, httpPort: number, grpcPort: number) {
    this.dataDir = dataDir
    this.#httpPort = httpPort
    this.grpcPort = grpcPort
    this.api = new ApiClient(`http://127.0.0.1:${httpPort}`, ADMIN_TOKEN)
  }

  async start(): Promise<void> {
    this.#program = await startService('api-core', {
      FINGERPOST_DATA_DIR: this.dataDir,
      FINGERPOST_GRPC_TOKEN: SECRET,
      CORE_ADMIN_TOKEN: ADMIN_TOKEN,
      CORE_HTTP_ADDR: `127.0.0.1:${this.#httpPort}`,
      CORE_GRPC_ADDR: `127.0.0.1:${this.grpcPort}`,
      CORE_OPS_ADDR: '127.0.0.1:0',
    })
  }

  /** SIGKILL, then waits until it is gone. */
  async kill(): Promise<void> {
    this.#program?.kill('SIGKILL')
    await this.#program?.exited
  }

  async stop(): Promise<void> {
    await this.#program?.stop()
  }

  /** Makes domains, lets their owners prove them, and makes links, all through the interfaces. */
  async seed(set: LinkSet): Promise<readonly MadeLink[]> {
    this.#workspaceId = await this.api.createWorkspace('Chaos')
    const domainIds: string[] = []
    for (let index = 0; index < set.hostnames; index += 1) {
      domainIds.push((await this.api.addDomain(this.#workspaceId, hostnameAt(index))).id)
    }
    await this.#proveDomains(set.hostnames)
    const made: MadeLink[] = []
    let next = 0
    const makeLinks = async (): Promise<void> => {
      while (next < set.links) {
        const index = next
        next += 1
        made.push({ index, id: await this.#makeLink(index, set, domainIds) })
      }
    }
    await Promise.all(Array.from({ length: SEEDED_AT_ONCE }, makeLinks))
    return made
  }

  /** Changes a link; settles when api-core has stored it. */
  async changeLink(id: string, change: Readonly<Record<string, unknown>>): Promise<void> {
    const path = `/v1/workspaces/${this.#workspaceId}/links/${id}`
    const answer = await fetch(`http://127.0.0.1:${this.#httpPort}${path}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(change),
      signal: AbortSignal.timeout(CALL_MS_MAX),
    })
    if (!answer.ok)
      throw new Error(`PATCH ${path} answered ${answer.status}: ${await answer.text()}`)
    await answer.body?.cancel()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #makeLink(index: number, set: LinkSet, domainIds: readonly string[]): Promise<string> {
    const { path, destination } = plainLink(index, set)
    const made = await this.api.createLink(this.#workspaceId, {
      domain_id: domainIds[index % set.hostnames] ?? '',
      slug: path.slice(1),
      destination_url: destination,
    })
    return made.id
  }

  /** Does what domain-manager does when both records are found. */
  async #proveDomains(count: number): Promise<void> {
    await using core = connectCore({
      address: `127.0.0.1:${this.grpcPort}`,
      secret: SECRET,
      deadlineMs: CALL_MS_MAX,
    })
    let proved = 0
    while (proved < count) {
      const due = await core.claimDueDomains({ workerId: 'chaos', limit: 100, leaseMs: LEASE_MS })
      if (due.length === 0) throw new Error(`Only ${proved} of ${count} domains were due.`)
      for (const domain of due) await core.recordCheck(provedCheck(domain))
      proved += due.length
    }
  }
}

function provedCheck(
  domain: DueDomain,
): Parameters<ReturnType<typeof connectCore>['recordCheck']>[0] {
  return {
    ...plainCheck(domain, Date.now()),
    transition: { to: 'verified', code: 'ownership_proved', message: 'The TXT record is there.' },
  }
}

/** Starts a service of ours by its main; ready when it says that it has started. */
export function startService(
  name: 'api-core' | 'domain-manager' | 'edge',
  settings: Readonly<Record<string, string>>,
): Promise<Program> {
  return startProgram({
    name,
    command: process.execPath,
    args: [`services/${name}/src/main.ts`],
    env: settings,
    cwd: REPOSITORY,
    ready: { kind: 'line', matches: /"message":"started"/ },
    readyWithinMs: 30_000,
    stopWithinMs: 10_000,
  })
}
