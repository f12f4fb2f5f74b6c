import type { Test } from 'tap'
import { SYSTEM_CLOCK, type Clock } from '@fingerpost/chassis/clock'
import { createLogger } from '@fingerpost/chassis/logger'
import { createApp, type App } from '../src/app.ts'
import { StoredCore } from '../src/core/core-api.ts'
import { migrate } from '../src/database/migrate.ts'
import { openStorage, type Engine, type Storage } from '../src/database/storage.ts'
import { ChangeFeed } from '../src/events/change-feed.ts'
import { EDGE_WAIT_MS_MAX, EdgeWaits } from '../src/events/edge-waits.ts'
import { Edges } from '../src/events/edges.ts'
import { createCoreMetrics } from '../src/metrics.ts'
import type { RecordNaming } from '../src/rules/domain-records.ts'
import { SCOPES, type Scope } from '../src/tokens/scopes.ts'
import { POSTGRES_MISSING, startPostgres, type Postgres } from './postgres.ts'

/** The operator's token of every installation here. */
export const ADMIN_TOKEN = 'the-token-of-the-operator'

/** The operator's names of every installation here. */
export const NAMING: RecordNaming = {
  publicTarget: 'edge.example.net',
  txtPrefix: '_fingerpost-verify',
}

/** A logger that says nothing. */
export const SILENT = createLogger('api-core', 'fatal')

/** An answer of the HTTP API. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // The tests say what they expect; a wrong shape fails there.
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

/** One request to the HTTP API; a body that is no text is sent as JSON. */
export type Call = {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT' | 'HEAD' | 'OPTIONS'
  readonly path: string
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** api-core without listeners, over a database of its own. */
export type Installation = App &
  AsyncDisposable & {
    readonly storage: Storage
    readonly feed: ChangeFeed
    readonly core: StoredCore
    readonly edges: Edges
    readonly waits: EdgeWaits
    /** Turns the clock forward. */
    readonly advance: (ms: number) => void
    readonly now: () => number
    readonly call: (call: Call) => Promise<Answer>
  }

/** Opens an installation over the database of a URL. */
export async function openInstallation(
  url: string,
  options: {
    readonly naming?: RecordNaming
    readonly requestsPerMinuteMax?: number
    readonly edgeWaitMs?: number
  } = {},
): Promise<Installation> {
  const storage = openStorage(url, SILENT)
  await migrate(storage)
  const feed = new ChangeFeed()
  // Why standing still: the tests say when time passes.
  let now = 1_800_000_000_000
  const clock: Clock = {
    now: () => now,
    sleep: (durationMs, signal) => SYSTEM_CLOCK.sleep(durationMs, signal),
  }
  const { naming = NAMING, requestsPerMinuteMax = 1_000_000 } = options
  const { edgeWaitMs = EDGE_WAIT_MS_MAX } = options
  const edges = new Edges({ storage, clock, log: SILENT })
  const waits = new EdgeWaits(edges, { waitMsMax: edgeWaitMs }, { clock, log: SILENT })
  const metrics = createCoreMetrics(feed)
  const deps = { storage, feed, clock, naming, log: SILENT, metrics, edges, waits }
  const { app, routes } = await createApp({
    ...deps,
    adminToken: ADMIN_TOKEN,
    requestsPerMinuteMax,
  })
  await app.ready()
  return {
    app,
    routes,
    storage,
    feed,
    core: new StoredCore(naming, deps),
    edges,
    waits,
    now: () => clock.now(),
    advance: (ms) => {
      now += ms
    },
    call: async (call) => send(app, call),
    async [Symbol.asyncDispose]() {
      await app.close()
      await edges[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
    },
  }
}

async function send(app: App['app'], call: Call): Promise<Answer> {
  const { method = 'GET', path, token = ADMIN_TOKEN, body } = call
  const isText = typeof body === 'string' || Buffer.isBuffer(body)
  const response = await app.inject({
    method,
    url: path,
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(body !== undefined && { payload: isText ? body : JSON.stringify(body) }),
  })
  const isJson = response.body !== '' && String(response.headers['content-type']).includes('json')
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    body: isJson ? response.json() : undefined,
  }
}

/** A workspace with a token that may do everything in it. */
export type Tenant = {
  readonly id: string
  readonly token: string
  readonly path: string
  readonly call: (call: Call) => Promise<Answer>
}

/** Makes a workspace with a token. */
export async function givenTenant(
  installation: Installation,
  name = 'Acme',
  scopes: readonly Scope[] = SCOPES,
): Promise<Tenant> {
  const { body: workspace } = await installation.call({
    method: 'POST',
    path: '/v1/workspaces',
    body: { name },
  })
  const path = `/v1/workspaces/${workspace.id}`
  const made = await installation.call({
    method: 'POST',
    path: `${path}/tokens`,
    body: { name: 'test', scopes },
  })
  const { token } = made.body
  return {
    id: workspace.id,
    token,
    path,
    call: (call) => installation.call({ token, ...call, path: `${path}${call.path}` }),
  }
}

/** Adds a domain to a workspace. */
export async function givenDomain(tenant: Tenant, hostname: string): Promise<Answer['body']> {
  const { body } = await tenant.call({ method: 'POST', path: '/domains', body: { hostname } })
  return body
}

/** Makes a link on a domain. */
export async function givenLink(
  tenant: Tenant,
  link: { readonly domain_id: string } & Readonly<Record<string, unknown>>,
): Promise<Answer['body']> {
  const body = { destination_url: 'https://example.com/', ...link }
  return (await tenant.call({ method: 'POST', path: '/links', body })).body
}

/** How to get an empty database of one engine. */
export type OpenEngine = {
  readonly engine: Engine
  readonly newUrl: () => Promise<string>
  /** Only of PostgreSQL. */
  readonly postgres: Postgres | undefined
}

/**
 * Runs tests with each engine: SQLite always, PostgreSQL where it is installed,
 * else a visible skip.
 */
export async function withEachEngine(
  t: Test,
  tests: (t: Test, engine: OpenEngine) => Promise<void> | void,
): Promise<void> {
  await t.test('on SQLite', async (t) => {
    let databases = 0
    const folder = t.testdir()
    const newUrl = async (): Promise<string> => `sqlite:${folder}/${(databases += 1)}.sqlite`
    await tests(t, { engine: 'sqlite', newUrl, postgres: undefined })
  })
  await withPostgres(t, tests)
}

/** Runs tests with PostgreSQL only. */
export async function withPostgres(
  t: Test,
  tests: (t: Test, engine: OpenEngine) => Promise<void> | void,
): Promise<void> {
  const postgres = await startPostgres()
  if (postgres === undefined) {
    await t.test('on PostgreSQL', { skip: POSTGRES_MISSING }, () => {})
    return
  }
  await t.test('on PostgreSQL', async (t) => {
    t.teardown(() => postgres[Symbol.asyncDispose]())
    await tests(t, { engine: 'postgres', newUrl: () => postgres.emptyDatabase(), postgres })
  })
}
