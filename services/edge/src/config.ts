import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { Environment, type Address } from '@fingerpost/chassis/environment'
import { LOG_LEVELS, type LogLevel } from '@fingerpost/chassis/logger'
import type { DurationMs } from '@fingerpost/model/time'
import { readRedisConfig, type RedisConfig } from './lookup/redis-config.ts'
import { parseProxyNetwork, type ProxyNetwork } from './trusted-proxies.ts'

/** Everything that can be set on an edge; docs/edge.md says what each setting is for. */
export type EdgeConfig = {
  readonly dataDir: string
  readonly logLevel: LogLevel
  readonly http: Address
  readonly ops: Address
  readonly core: Address
  /** Undefined: the file `grpc-token` in the data directory. */
  readonly coreToken: string | undefined
  readonly l1EntriesMax: number
  readonly l1OctetsMax: number
  readonly l1TtlMs: DurationMs
  readonly negativeTtlMs: DurationMs
  readonly staleMsMax: DurationMs
  readonly lookupMsMax: DurationMs
  readonly snapshotIntervalMs: DurationMs
  /** Undefined: there is no L2. */
  readonly redis: RedisConfig | undefined
  /** How long a lookup waits for L2. */
  readonly l2MsMax: DurationMs
  readonly countsClicks: boolean
  /** Names the header, in lower case, in which a trusted proxy gives a visitor's country. */
  readonly countryHeader: string | undefined
  readonly geoIpFile: string | undefined
  readonly trustedProxies: readonly ProxyNetwork[]
  /** How many processes serve visitors; 1: this one, and no other. */
  readonly workers: number
}

const HOUR_MS: DurationMs = 3_600_000
const DAY_MS: DurationMs = 24 * HOUR_MS
const MIB = 1_048_576
const WORKERS_MAX = 64

/**
 * Reads the edge's settings.
 *
 * @throws {StartError} naming everything that is wrong with them
 */
export function readEdgeConfig(values: Readonly<Record<string, string | undefined>>): EdgeConfig {
  const environment = new Environment(values)
  const config: EdgeConfig = {
    dataDir: resolve(environment.text('FINGERPOST_DATA_DIR') ?? './data'),
    logLevel: environment.choice('FINGERPOST_LOG_LEVEL', 'info', LOG_LEVELS),
    http: environment.address('EDGE_ADDR', '127.0.0.1:8080'),
    ops: environment.address('EDGE_OPS_ADDR', '127.0.0.1:9080'),
    core: environment.address('CORE_GRPC_ADDR', '127.0.0.1:50051'),
    coreToken: environment.secret('FINGERPOST_GRPC_TOKEN'),
    l1EntriesMax: environment.integer('EDGE_L1_ENTRIES_MAX', 100_000, { min: 1, max: 10_000_000 }),
    // Why a MiB at least: an entry larger than all of it would never be kept.
    l1OctetsMax: environment.integer('EDGE_L1_OCTETS_MAX', 128 * MIB, {
      min: MIB,
      max: 16_384 * MIB,
    }),
    l1TtlMs: environment.integer('EDGE_L1_TTL_MS', 600_000, { min: 0, max: DAY_MS }),
    // Why an hour at most: should the stream ever fail to tell of a new link, it stays "not found"
    // for so long. While the stream is lost, api-core is asked first, whatever is set here.
    negativeTtlMs: environment.integer('EDGE_NEGATIVE_TTL_MS', 5_000, { min: 0, max: HOUR_MS }),
    staleMsMax: environment.integer('EDGE_STALE_MAX_MS', DAY_MS, { min: 0, max: 30 * DAY_MS }),
    lookupMsMax: environment.integer('EDGE_LOOKUP_MS_MAX', 500, { min: 10, max: 10_000 }),
    snapshotIntervalMs: environment.integer('EDGE_SNAPSHOT_INTERVAL_MS', 60_000, {
      min: 1_000,
      max: HOUR_MS,
    }),
    redis: readRedisConfig(environment),
    l2MsMax: environment.integer('EDGE_L2_MS_MAX', 30, { min: 1, max: 1_000 }),
    countsClicks: environment.choice('EDGE_CLICKS', 'on', ['on', 'off']) === 'on',
    countryHeader: readHeaderName(environment, 'EDGE_COUNTRY_HEADER'),
    geoIpFile: environment.text('EDGE_GEOIP_FILE'),
    trustedProxies: readTrustedProxies(environment, 'EDGE_TRUSTED_PROXIES'),
    workers: readWorkers(environment),
  }
  if (config.staleMsMax < config.l1TtlMs) {
    environment.problem(
      `EDGE_STALE_MAX_MS is ${config.staleMsMax}, below EDGE_L1_TTL_MS, which is ` +
        `${config.l1TtlMs}; both count from the same instant`,
    )
  }
  environment.finish(['EDGE_', 'FINGERPOST_'])
  return Object.freeze(config)
}

function readWorkers(environment: Environment): number {
  const text = environment.text('EDGE_WORKERS') ?? '1'
  if (text === 'auto') return Math.min(availableParallelism(), WORKERS_MAX)
  const workers = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (workers >= 1 && workers <= WORKERS_MAX) return workers
  environment.problem(
    `EDGE_WORKERS is "${text}"; want a whole number 1..${WORKERS_MAX}, or auto for one per core`,
  )
  return 1
}

function readHeaderName(environment: Environment, name: string): string | undefined {
  const text = environment.text(name)
  if (text === undefined || /^[a-z0-9-]{1,64}$/i.test(text)) return text?.toLowerCase()
  environment.problem(`${name} is "${text}"; want the name of a header such as "CF-IPCountry"`)
  return undefined
}

function readTrustedProxies(environment: Environment, name: string): readonly ProxyNetwork[] {
  const text = environment.text(name) ?? '127.0.0.0/8,::1/128'
  if (text === 'none') return []
  return text.split(',').flatMap((part) => {
    const network = parseProxyNetwork(part.trim())
    if (network !== undefined) return [network]
    environment.problem(
      `${name} contains "${part.trim()}"; want networks such as "10.0.0.0/8", or "none"`,
    )
    return []
  })
}
