import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ApiClient, type ApiDomain } from '../story/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { freePorts } from '../support/free-port.ts'
import { startProgram, missingPrograms, type Program } from '../support/program.ts'
import {
  SCRIPTED_DNS_PROGRAMS,
  startScriptedDns,
  type ScriptedDns,
} from '../support/scripted-dns.ts'
import { startWatchedCore, type Hold, type WatchedCore } from './watched-core.ts'

const SECRET = 'the-secret-of-this-test'
const ADMIN_TOKEN = 'the-admin-token-of-this-test'
const PUBLIC_TARGET = 'edge.example.net'
const DOMAINS = 24
const LEASE_MS = 3_000
const INTERVAL_MS = 500
const WITHIN_MS = 30_000

t.setTimeout(180_000)

t.test(
  'two domain-managers share the work, and one goes on when the other is killed',
  { skip: missingPrograms(SCRIPTED_DNS_PROGRAMS) },
  async (t) => {
    await using stage = await setStage()
    const { api, dns, watched } = stage
    const workspaceId = await api.createWorkspace('Acme')
    const domains = await addDomains(api, dns, workspaceId)
    const first = await stage.startManager('first')
    await stage.startManager('second')

    await eventually(
      'every domain is active and both managers work',
      async () => (await allActive(api, workspaceId, domains)) && workers(watched).size === 2,
      { withinMs: WITHIN_MS },
    )
    await untilEachChecked(watched, domains, Date.now())

    const killedAt = Date.now()
    first.kill('SIGKILL')
    await first.exited
    await untilEachChecked(watched, domains, killedAt + LEASE_MS)
    const survivors = workersSince(watched, killedAt + LEASE_MS)
    t.equal(survivors.size, 1, 'one goes on with all')
    t.same(overlaps(watched.holds), [], 'no domain was ever in two hands at once')
    t.ok(await allActive(api, workspaceId, domains), 'and no status changed for it')
  },
)

type Stage = AsyncDisposable & {
  readonly api: ApiClient
  readonly dns: ScriptedDns
  readonly watched: WatchedCore
  startManager(name: string): Promise<Program>
}

async function setStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'fingerpost-two-')))
  const dns = stack.use(await startScriptedDns())
  const [http = 0, grpc = 0] = await freePorts(2)
  const common = { FINGERPOST_GRPC_TOKEN: SECRET, FINGERPOST_PUBLIC_TARGET: PUBLIC_TARGET }
  stack.use(
    await startService('api-core', {
      ...common,
      FINGERPOST_DATA_DIR: join(directory.path, 'core'),
      CORE_ADMIN_TOKEN: ADMIN_TOKEN,
      CORE_HTTP_ADDR: `127.0.0.1:${http}`,
      CORE_GRPC_ADDR: `127.0.0.1:${grpc}`,
      CORE_OPS_ADDR: '127.0.0.1:0',
    }),
  )
  const watched = stack.use(
    await startWatchedCore({ corePort: grpc, secret: SECRET, leaseMs: LEASE_MS }),
  )
  const api = new ApiClient(`http://127.0.0.1:${http}`, ADMIN_TOKEN)
  const kept = stack.move()
  return {
    api,
    dns,
    watched,
    startManager: async (name) =>
      kept.use(
        await startService('domain-manager', {
          ...common,
          FINGERPOST_DATA_DIR: join(directory.path, name),
          CORE_GRPC_ADDR: `127.0.0.1:${watched.port}`,
          DOMAINS_ASK: 'elsewhere',
          DOMAINS_OPS_ADDR: '127.0.0.1:0',
          DOMAINS_PLAIN_ADDR: '127.0.0.1:0',
          DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:0',
          DOMAINS_DNS_SERVERS: dns.address,
          DOMAINS_HEALTH_INTERVAL_MS: String(INTERVAL_MS),
          DOMAINS_CONFIRM_MS: String(INTERVAL_MS),
          DOMAINS_CADDY_TLS_ADDR: '127.0.0.1:1',
        }),
      ),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function startService(name: string, env: Readonly<Record<string, string>>): Promise<Program> {
  return startProgram({
    name,
    command: process.execPath,
    args: [fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url))],
    env,
    cwd: '/',
    ready: { kind: 'line', matches: /"message":"started"/ },
    readyWithinMs: 20_000,
    stopWithinMs: 10_000,
  })
}

async function addDomains(
  api: ApiClient,
  dns: ScriptedDns,
  workspaceId: string,
): Promise<readonly ApiDomain[]> {
  const domains: ApiDomain[] = []
  for (let index = 0; index < DOMAINS; index += 1) {
    const domain = await api.addDomain(workspaceId, `links.customer${index}.test`)
    for (const { type, name, value } of domain.records) {
      if (type === 'TXT') await dns.setTxt(name, [value])
      else await dns.setCname(name, value)
    }
    domains.push(domain)
  }
  return domains
}

async function allActive(
  api: ApiClient,
  workspaceId: string,
  domains: readonly ApiDomain[],
): Promise<boolean> {
  const now = await Promise.all(domains.map(({ id }) => api.getDomain(workspaceId, id)))
  return now.every(({ status }) => status === 'active')
}

async function untilEachChecked(
  watched: WatchedCore,
  domains: readonly ApiDomain[],
  since: number,
): Promise<void> {
  await eventually(
    'every domain was checked again',
    () =>
      domains.every(({ id }) =>
        watched.holds.some(
          ({ domainId, claimedAt, recordedAt }) =>
            domainId === id && claimedAt >= since && recordedAt !== undefined,
        ),
      ),
    { withinMs: WITHIN_MS },
  )
}

function workers({ holds }: WatchedCore): ReadonlySet<string> {
  return new Set(holds.filter((hold) => hold.recordedAt !== undefined).map((hold) => hold.workerId))
}

function workersSince({ holds }: WatchedCore, since: number): ReadonlySet<string> {
  return new Set(holds.filter((hold) => hold.claimedAt >= since).map((hold) => hold.workerId))
}

/** Finds domains that were claimed while somebody else's lease on them still ran. */
function overlaps(holds: readonly Hold[]): readonly string[] {
  const last = new Map<string, Hold>()
  const found: string[] = []
  for (const hold of holds) {
    const before = last.get(hold.domainId)
    last.set(hold.domainId, hold)
    if (before === undefined) continue
    const isDone = before.recordedAt !== undefined && before.recordedAt <= hold.claimedAt
    if (!isDone && hold.claimedAt - before.claimedAt < LEASE_MS) found.push(hold.domainId)
  }
  return found
}
