import { resolve } from 'node:path'
import { Environment, type Address } from '@fingerpost/chassis/environment'
import { LOG_LEVELS, type LogLevel } from '@fingerpost/chassis/logger'
import type { DurationMs } from '@fingerpost/model/time'
import { isTxtPrefix, TXT_PREFIX_DEFAULT } from '@fingerpost/model/txt-prefix'
import { DNS_PORT } from './dns/system-servers.ts'

/** The settings of domain-manager. */
export type DomainManagerConfig = {
  readonly dataDir: string
  readonly logLevel: LogLevel
  readonly publicTarget: string | undefined
  readonly askAddress: Address
  readonly opsAddress: Address
  readonly coreAddress: Address
  /** Undefined: the secret in the data dir. */
  readonly grpcToken: string | undefined
  /** Undefined: the system's resolvers and two public ones. */
  readonly dnsServers: readonly Address[] | undefined
  readonly txtPrefix: string
  readonly healthIntervalMs: DurationMs
  readonly confirmMs: DurationMs
  readonly graceMs: DurationMs
}

const DAY_MS: DurationMs = 86_400_000

/**
 * A longer grace period is warned of: a CA pauses a hostname after 1,152
 * failures in a row, which a misdirected domain collects in about 9.5 days.
 */
export const GRACE_MS_ADVISED_MAX: DurationMs = 9 * DAY_MS

/** Most DNS servers that can be configured; each is asked in every check. */
export const DNS_SERVERS_MAX = 9

/**
 * Reads the settings of domain-manager.
 *
 * @throws {StartError} once, naming every problem
 */
export function readDomainManagerConfig(
  values: Readonly<Record<string, string | undefined>>,
): DomainManagerConfig {
  const environment = new Environment(values)
  const interval = (name: string, fallback: DurationMs, min: DurationMs): DurationMs =>
    environment.integer(name, fallback, { min, max: 365 * DAY_MS })
  const config = Object.freeze({
    dataDir: resolve(environment.text('FINGERPOST_DATA_DIR') ?? './data'),
    logLevel: environment.choice('FINGERPOST_LOG_LEVEL', 'info', LOG_LEVELS),
    publicTarget: environment.text('FINGERPOST_PUBLIC_TARGET')?.toLowerCase().replace(/\.$/, ''),
    askAddress: environment.address('DOMAINS_ADDR', '127.0.0.1:8082'),
    opsAddress: environment.address('DOMAINS_OPS_ADDR', '127.0.0.1:9082'),
    coreAddress: environment.address('CORE_GRPC_ADDR', '127.0.0.1:50051'),
    grpcToken: environment.secret('FINGERPOST_GRPC_TOKEN'),
    dnsServers: readDnsServers(environment),
    txtPrefix: readTxtPrefix(environment),
    healthIntervalMs: interval('DOMAINS_HEALTH_INTERVAL_MS', 15 * 60_000, 200),
    confirmMs: interval('DOMAINS_CONFIRM_MS', 60_000, 0),
    graceMs: interval('DOMAINS_GRACE_MS', 7 * DAY_MS, 0),
  })
  if (config.coreAddress.port === 0) {
    environment.problem('CORE_GRPC_ADDR ends in port 0; want the port that api-core listens on')
  }
  for (const name of RESERVED_SETTINGS) environment.text(name)
  environment.finish(['DOMAINS_', 'FINGERPOST_'])
  return config
}

// Settings of the contract that no part reads yet; setting them is no mistake.
const RESERVED_SETTINGS = [
  'DOMAINS_ACME_ISSUER',
  'DOMAINS_PROBE_HTTP_PORT',
  'DOMAINS_PROBE_ALLOW_PRIVATE',
  'DOMAINS_CADDY_TLS_ADDR',
  'DOMAINS_CADDY_LOG_ADDR',
]

function readDnsServers(environment: Environment): readonly Address[] | undefined {
  const servers = environment.addressList('DOMAINS_DNS_SERVERS', DNS_PORT)
  if (servers !== undefined && servers.length > DNS_SERVERS_MAX) {
    environment.problem(
      `DOMAINS_DNS_SERVERS names ${servers.length} servers; want at most ${DNS_SERVERS_MAX}`,
    )
  }
  return servers
}

function readTxtPrefix(environment: Environment): string {
  const prefix = environment.text('DOMAINS_TXT_PREFIX') ?? TXT_PREFIX_DEFAULT
  if (!isTxtPrefix(prefix)) {
    environment.problem(
      `DOMAINS_TXT_PREFIX is "${prefix}"; want one label such as "${TXT_PREFIX_DEFAULT}"`,
    )
  }
  return prefix
}
