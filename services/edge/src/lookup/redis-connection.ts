import { Cluster, Redis, ReplyError, type RedisOptions } from 'ioredis'
import type { DurationMs } from '@fingerpost/model/time'
import type { Address } from '@fingerpost/chassis/environment'
import { L2_ENTRY_OCTETS_MAX } from './l2-entries.ts'
import type { RedisConfig } from './redis-config.ts'
import type { EntryStore, StoreReply } from './redis-tier.ts'

/** Limits of a connection to Redis. */
export type RedisLimits = {
  readonly connectMsMax: DurationMs
  /** A connection on which an answer is overdue for so long is closed, and another one opened. */
  readonly silenceMsMax: DurationMs
  /** Before another attempt to connect there is a pause of up to so long. */
  readonly retryMsMax: DurationMs
  /** Least time between two reconnections because a server only takes reads. */
  readonly readOnlyMs: DurationMs
}

/** What a connection reports, and a clock that never jumps. */
export type RedisDeps = {
  readonly onReady: () => void
  /** Called for all that goes wrong with a connection, also while it is tried again. */
  readonly onTrouble: (cause: unknown) => void
  readonly uptimeMs: () => number
}

/**
 * Opens a connection to Redis, and opens it again whenever it ends. It is there at once; until it
 * is connected, and whenever it is not, every command fails without waiting.
 */
export function connectRedis(
  config: RedisConfig,
  limits: RedisLimits,
  deps: RedisDeps,
): EntryStore & Disposable {
  const client = open(config, limits, deps)
  client.on('ready', deps.onReady)
  client.on('error', deps.onTrouble)
  return {
    read: (key) => read(client, key),
    async write(key, text, ttlMs) {
      await client.set(key, text, 'PX', ttlMs)
    },
    [Symbol.dispose]: () => client.disconnect(),
  }
}

async function read(client: Redis | Cluster, key: string): Promise<StoreReply> {
  try {
    // Why a range: whatever somebody put there, no more than an entry can have is read.
    const text = await client.getrange(key, 0, L2_ENTRY_OCTETS_MAX)
    return text === '' ? { kind: 'missing' } : { kind: 'found', text }
  } catch (error) {
    if (error instanceof ReplyError) return { kind: 'refused' }
    throw error
  }
}

function open(config: RedisConfig, limits: RedisLimits, deps: RedisDeps): Redis | Cluster {
  const { servers } = config
  const retry = (attempt: number): DurationMs => retryMs(attempt, limits)
  const common = commonOptions(config, limits, deps)
  if (servers.kind === 'cluster') {
    return new Cluster(servers.addresses.map(nodeOf), {
      enableOfflineQueue: false,
      clusterRetryStrategy: retry,
      clusterNodeRetryStrategy: retry,
      slotsRefreshTimeout: limits.connectMsMax,
      // Why: nodes are told by address, and a certificate may only name the name.
      dnsLookup: (address, done) => done(null, address),
      redisOptions: common,
    })
  }
  const single = { ...common, enableOfflineQueue: false, retryStrategy: retry }
  if (servers.kind === 'single') return new Redis({ ...single, ...nodeOf(servers.address) })
  return new Redis({
    ...single,
    sentinels: servers.addresses.map(nodeOf),
    name: servers.name,
    sentinelRetryStrategy: retry,
    sentinelCommandTimeout: limits.connectMsMax,
    // Why: a master that hangs is left when the sentinels have agreed on another, not later.
    failoverDetector: true,
    enableTLSForSentinelMode: config.isEncrypted,
    ...(servers.password !== undefined && { sentinelPassword: servers.password }),
    ...(config.isEncrypted && { sentinelTLS: tlsOf(config) }),
  })
}

/** The options of every connection, whatever servers there are. */
function commonOptions(config: RedisConfig, limits: RedisLimits, deps: RedisDeps) {
  let readOnlyAtMs = Number.NEGATIVE_INFINITY
  return {
    connectTimeout: limits.connectMsMax,
    socketTimeout: limits.silenceMsMax,
    // Why nothing is kept or sent again: by then nobody waits for it, and it would be a burst.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    db: config.database,
    reconnectOnError(error: Error) {
      if (!error.message.startsWith('READONLY')) return false
      // Why not each time: a name that still leads to a replica would never let a read finish.
      if (deps.uptimeMs() - readOnlyAtMs < limits.readOnlyMs) return false
      readOnlyAtMs = deps.uptimeMs()
      return true
    },
    ...(config.username !== undefined && { username: config.username }),
    ...(config.password !== undefined && { password: config.password }),
    ...(config.isEncrypted && { tls: tlsOf(config) }),
  } satisfies RedisOptions
}

function tlsOf({ ca }: RedisConfig): NonNullable<RedisOptions['tls']> {
  return ca === undefined ? {} : { ca }
}

function nodeOf({ host, port }: Address): { readonly host: string; readonly port: number } {
  return { host, port }
}

const RETRY_FIRST_MS = 50

function retryMs(attempt: number, { retryMsMax }: RedisLimits): DurationMs {
  const grownMs = Math.min(RETRY_FIRST_MS * 2 ** Math.min(attempt - 1, 10), retryMsMax)
  return grownMs / 2 + (Math.random() * grownMs) / 2
}
