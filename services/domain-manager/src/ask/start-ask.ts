import { randomInt } from 'node:crypto'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import { removeUnfinished } from '@fingerpost/chassis/atomic-file'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import type { Address } from '@fingerpost/chassis/environment'
import { listen } from '@fingerpost/chassis/listen'
import type { Logger } from '@fingerpost/chassis/logger'
import type { Metrics } from '@fingerpost/chassis/metrics'
import type { CoreApi } from '@fingerpost/contract/core-api'
import type { EpochMs } from '@fingerpost/model/time'
import { startCaddyLog } from '../caddy-log/caddy-log-server.ts'
import { CertificateNewsQueue } from '../caddy-log/tell-core.ts'
import type { DomainManagerConfig } from '../config.ts'
import { createAskMetrics, createCaddyLogMetrics } from '../metrics.ts'
import { answersOf, type Answers } from './answers.ts'
import { createAskServer } from './ask-server.ts'
import { budgetPath, keepBudget, loadBudget } from './budget-file.ts'
import { BudgetKeeper } from './budget-keeper.ts'
import { DenialLog } from './denial-log.ts'
import { followCore } from './follow-core.ts'
import { HostnameTable } from './hostname-table.ts'
import { keepSnapshot } from './keep-snapshot.ts'
import { createPlainServer } from './plain-server.ts'
import { SnapshotFile } from './snapshot-file.ts'

/** Everything that Caddy talks to, running. */
export type RunningAsk = {
  readonly ports: { readonly http: number; readonly plain: number; readonly caddyLog: number }
  /** Whether there is anything to answer from. */
  readonly isReady: () => boolean
  /** Keeps what is known equal to what core says, and tells core of certificates. */
  follow(core: CoreApi): void
}

const SEED_MAX = 2 ** 32

/**
 * Starts everything that Caddy talks to: ask, plain HTTP and the reader of its log.
 * The listeners are up, with what the snapshot says, before anything is connected.
 */
export async function startAsk(
  config: DomainManagerConfig,
  stack: AsyncDisposableStack,
  deps: { readonly registry: Metrics; readonly log: Logger },
): Promise<RunningAsk> {
  const { registry, log } = deps
  const now = (): number => SYSTEM_CLOCK.now()
  const table = new HostnameTable(randomInt(SEED_MAX))
  const snapshot = new SnapshotFile(config.dataDir)
  await cleanUp(dirname(snapshot.path), log)
  await loadSnapshot(table, snapshot, log)
  const budget = config.acmeLimits === 'none' ? undefined : new BudgetKeeper()
  const kept = await loadBudget(budgetPath(config.dataDir), log)
  if (kept !== undefined) budget?.restore(kept, now())
  if (table.isLoaded) budget?.begin(table, now())

  const parts = { table, snapshot, budget, news: new CertificateNewsQueue(), registry, log }
  const answers = answersOf({ ...parts, now })
  return {
    ports: await startListeners(config, stack, { ...parts, answers, now }),
    isReady: () => table.isLoaded,
    follow(core) {
      answers.connect(core)
      startLoops(config, stack, { ...parts, core, now })
    },
  }
}

type Parts = {
  readonly table: HostnameTable
  readonly snapshot: SnapshotFile
  readonly budget: BudgetKeeper | undefined
  readonly news: CertificateNewsQueue
  readonly registry: Metrics
  readonly now: () => EpochMs
  readonly log: Logger
}

async function startListeners(
  config: DomainManagerConfig,
  stack: AsyncDisposableStack,
  deps: Parts & { readonly answers: Answers },
): Promise<RunningAsk['ports']> {
  const { table, budget, news, registry, answers, now, log } = deps
  const metrics = createAskMetrics(registry, table, now)
  const denials = new DenialLog(log, SYSTEM_CLOCK)
  const ask = createAskServer({
    ...answers,
    now,
    onAnswer(hostname, { decision, reason }, durationMs) {
      metrics.askDuration.observe({ decision }, durationMs / 1_000)
      if (decision !== 'allowed') denials.note(hostname, { decision, reason })
    },
  })
  const plain = createPlainServer({
    answer: answers.answerPlain,
    httpsPortSuffix: config.httpsPortSuffix,
    onAnswer: (answer) => metrics.plainAnswers.inc({ answer }),
  })
  return {
    http: await startServer(ask, config.askAddress, 'DOMAINS_ADDR', stack),
    plain: await startServer(plain, config.plainAddress, 'DOMAINS_PLAIN_ADDR', stack),
    caddyLog: await startCaddyLog(config.caddyLogAddress, stack, {
      onEvent(event) {
        const pausedUntil = budget?.note(event, now())
        const isPaused = event.kind === 'failed' && pausedUntil !== undefined
        news.addEvent(isPaused ? { ...event, retryAt: pausedUntil } : event)
      },
      onGap: () => budget?.noticeGap(now()),
      acmeIssuer: config.acmeIssuer,
      log,
      metrics: createCaddyLogMetrics(registry),
    }),
  }
}

function startLoops(
  config: DomainManagerConfig,
  stack: AsyncDisposableStack,
  deps: Parts & { readonly core: CoreApi },
): void {
  const { table, snapshot, budget, news, core, now, log } = deps
  const stop = new AbortController()
  const { signal } = stop
  const loopDeps = { clock: SYSTEM_CLOCK, random: Math.random, log }
  const onList = (): void => budget?.begin(table, now())
  const loops = [
    followCore(table, core, signal, { ...loopDeps, onList }),
    keepSnapshot(table, snapshot, signal, loopDeps),
    news.run(core, signal, loopDeps),
  ]
  if (budget !== undefined) {
    const where = { path: budgetPath(config.dataDir), table, signal }
    loops.push(keepBudget(budget, where, loopDeps))
  }
  stack.defer(async () => {
    stop.abort()
    await Promise.all(loops)
  })
}

// Why: snapshots are large, and a process that is killed again and again would fill the disk.
async function cleanUp(folder: string, log: Logger): Promise<void> {
  try {
    await removeUnfinished(folder)
  } catch (error) {
    log.warn({ error, folder }, 'what an earlier process left cannot be removed')
  }
}

async function loadSnapshot(table: HostnameTable, file: SnapshotFile, log: Logger): Promise<void> {
  const { list, problems } = await file.load((count) => table.emptyList(count))
  for (const problem of problems) log.error({ problem }, 'ask snapshot is broken')
  if (list === undefined) return
  table.replace(list)
  log.info({ hostnames: table.size, sequence: list.sequence }, 'hostnames read from the snapshot')
}

async function startServer(
  server: Server,
  address: Address,
  setting: string,
  stack: AsyncDisposableStack,
): Promise<number> {
  const port = await listen(server, address, setting)
  stack.defer(async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    // Why all at once: each is answered in the turn it arrives in, so none is being answered.
    server.closeAllConnections()
    await promise
  })
  return port
}
