import { join } from 'node:path'
import { readFileIfPresent, writeFileAtomically } from '@fingerpost/chassis/atomic-file'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { SummarySeed } from './rules/summary.ts'

/** What is put in at the first start, for a newcomer to try. */
export const SEED = {
  workspaceName: 'Demo',
  hostname: 'go.localhost',
  slug: 'hello',
  destinationUrl: 'https://example.com/',
} as const

/** What has been made so far, as kept in `<data dir>/seed.json`. */
type Progress = {
  readonly workspace_id?: string
  readonly domain_id?: string
  readonly link_id?: string
}

/** What the seed needs: the HTTP API, as any other client sees it. */
export type SeedDeps = {
  readonly dataDir: string
  readonly apiUrl: string
  readonly token: string
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
}

/**
 * Makes a workspace, a domain and a link at the first start on a data directory.
 *
 * What was made is noted step by step, and each call carries a key of its own,
 * so that a crash in between makes nothing twice. A note that cannot be written is
 * reported and keeps nothing from being made. Once all is made it is never
 * looked at again: what a person deletes stays deleted. A database that holds
 * workspaces already is left alone.
 *
 * @returns what there is to try, and whether this start has made it; undefined when nothing was
 */
export async function seedOnce(
  deps: SeedDeps,
): Promise<(SummarySeed & { readonly isNew: boolean }) | undefined> {
  const kept = await readProgress(deps.dataDir)
  const { workspace_id: made, domain_id, link_id } = kept ?? {}
  if (made !== undefined && domain_id !== undefined && link_id !== undefined) {
    return { workspaceId: made, hostname: SEED.hostname, slug: SEED.slug, isNew: false }
  }
  let progress: Progress = kept ?? {}
  const note = async (more: Progress): Promise<void> => {
    progress = { ...progress, ...more }
    await writeProgress(progress, deps)
  }
  try {
    if (kept === undefined) {
      if (await hasWorkspaces(deps)) return undefined
      await note({})
    }
    const workspaceId =
      progress.workspace_id ?? (await create('/v1/workspaces', { name: SEED.workspaceName }, deps))
    await note({ workspace_id: workspaceId })
    const base = `/v1/workspaces/${workspaceId}`
    const domainId =
      progress.domain_id ?? (await create(`${base}/domains`, { hostname: SEED.hostname }, deps))
    await note({ domain_id: domainId })
    const link = { domain_id: domainId, slug: SEED.slug, destination_url: SEED.destinationUrl }
    const linkId = progress.link_id ?? (await create(`${base}/links`, link, deps))
    await note({ link_id: linkId })
    return { workspaceId, hostname: SEED.hostname, slug: SEED.slug, isNew: true }
  } catch (error) {
    // The start is over, or being stopped; the next one goes on from here.
    if (deps.signal.aborted) return undefined
    if (!(error instanceof Refusal)) throw error
    deps.log.warn({ path: error.path, detail: error.message }, 'the first link was not made')
    return undefined
  }
}

/** The API said no, and will say no again. */
class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly path: string

  constructor(path: string, detail: string) {
    super(detail)
    this.path = path
  }
}

const TIMEOUT_MS = 2_000
const RETRY_MS = 50

async function create(path: string, body: object, deps: SeedDeps): Promise<string> {
  const answer = await call(
    path,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': `fingerpost-seed${path.replaceAll('/', '-')}`,
      },
      body: JSON.stringify(body),
    },
    deps,
  )
  const id = isRecord(answer) ? answer['id'] : undefined
  if (typeof id !== 'string') throw new Refusal(path, 'The answer holds no id.')
  return id
}

async function hasWorkspaces(deps: SeedDeps): Promise<boolean> {
  const answer = await call('/v1/workspaces?limit=1', { headers: {} }, deps)
  const list = isRecord(answer) ? answer['data'] : undefined
  return Array.isArray(list) && list.length > 0
}

type Call = {
  readonly method?: 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Calls until the API answers; one that starts or restarts is waited for. */
async function call(path: string, init: Call, deps: SeedDeps): Promise<unknown> {
  for (;;) {
    deps.signal.throwIfAborted()
    const answer = await tryCall(path, init, deps)
    if (answer !== undefined && answer.status < 500) {
      if (answer.status < 400) return answer.body
      const detail = isRecord(answer.body) ? answer.body['detail'] : undefined
      throw new Refusal(path, typeof detail === 'string' ? detail : `Status ${answer.status}.`)
    }
    await deps.clock.sleep(RETRY_MS, deps.signal)
  }
}

async function tryCall(
  path: string,
  init: Call,
  deps: SeedDeps,
): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
  try {
    const response = await fetch(`${deps.apiUrl}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${deps.token}` },
      signal: AbortSignal.any([deps.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    return { status: response.status, body: parseJson(await response.text()) }
  } catch {
    // Why ignored: a call that fails is made again until the start is over.
    return undefined
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Why ignored: the status says enough.
    return undefined
  }
}

async function readProgress(dataDir: string): Promise<Progress | undefined> {
  const content = await readFileIfPresent(seedPath(dataDir))
  if (content === undefined) return undefined
  const parsed = parseJson(content.toString('utf8'))
  if (!isRecord(parsed)) return {}
  const { workspace_id, domain_id, link_id } = parsed
  return {
    ...(typeof workspace_id === 'string' && { workspace_id }),
    ...(typeof domain_id === 'string' && { domain_id }),
    ...(typeof link_id === 'string' && { link_id }),
  }
}

// Why not thrown: a full disk must not end the programs that redirect.
async function writeProgress(progress: Progress, deps: SeedDeps): Promise<void> {
  const path = seedPath(deps.dataDir)
  try {
    await writeFileAtomically(path, `${JSON.stringify(progress)}\n`, 0o644)
  } catch (error) {
    deps.log.warn({ error, path }, 'the progress of the first link cannot be noted')
  }
}

function seedPath(dataDir: string): string {
  return join(dataDir, 'seed.json')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
