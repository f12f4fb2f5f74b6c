import { resolve } from 'node:path'
import { Environment, formatAddress, type Address } from '@fingerpost/chassis/environment'
import { LOG_LEVELS, type LogLevel } from '@fingerpost/chassis/logger'
import type { DurationMs } from '@fingerpost/model/time'
import { isTxtPrefix, TXT_PREFIX_DEFAULT } from '@fingerpost/model/txt-prefix'
import { DNS_PORT } from './dns/system-servers.ts'

/** The settings of domain-manager. */
export type DomainManagerConfig = {
  readonly dataDir: string
  readonly logLevel: LogLevel
  readonly publicTarget: string | undefined
  /** Where what Caddy talks to runs: in this process, or in one of its own. */
  readonly ask: AskPlace
  readonly askAddress: Address
  /** Ops listener of an ask that has a process of its own. */
  readonly askOpsAddress: Address
  /** Where plain HTTP of hostnames is answered: a page, or a redirect to HTTPS. */
  readonly plainAddress: Address
  /** The port of HTTPS in redirects of plain HTTP, with its colon; empty: the usual one. */
  readonly httpsPortSuffix: string
  /** Where Caddy's log arrives. */
  readonly caddyLogAddress: Address
  readonly opsAddress: Address
  readonly coreAddress: Address
  /** Undefined: the secret in the data dir. */
  readonly grpcToken: string | undefined
  /** Undefined: the system's resolvers and two public ones. */
  readonly dnsServers: readonly Address[] | undefined
  /** The port at which a zone's own name servers are asked; 53 but in tests. */
  readonly authorityPort: number
  readonly txtPrefix: string
  /** CAA identity of the CA. */
  readonly acmeIssuer: string
  /** URI of the ACME account, for CAA records that name it; undefined: not known. */
  readonly acmeAccountUri: string | undefined
  /** Which limits of the CA are kept by holding back new hostnames. */
  readonly acmeLimits: AcmeLimits
  /** The port at which a hostname's routing is probed. */
  readonly probeHttpPort: number
  /** Whether probes and webhooks may reach private addresses. */
  readonly probeAllowPrivate: boolean
  /** Where Caddy terminates TLS, for the keep-warm handshakes. */
  readonly caddyTlsAddress: Address
  /** SMTP server for mail, with its credentials; undefined: no mail is sent. */
  readonly smtpUrl: string | undefined
  readonly mailFrom: string | undefined
  readonly healthIntervalMs: DurationMs
  readonly confirmMs: DurationMs
  readonly graceMs: DurationMs
}

/** Where ask can run. */
export const ASK_PLACES = ['here', 'elsewhere'] as const

/** One of `ASK_PLACES`. */
export type AskPlace = (typeof ASK_PLACES)[number]

/** Which limits of a CA can be kept. */
export const ACME_LIMITS = ['letsencrypt', 'none'] as const

/** One of `ACME_LIMITS`. */
export type AcmeLimits = (typeof ACME_LIMITS)[number]

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
    ask: environment.choice('DOMAINS_ASK', 'here', ASK_PLACES),
    askOpsAddress: environment.address('DOMAINS_ASK_OPS_ADDR', '127.0.0.1:9083'),
    plainAddress: environment.address('DOMAINS_PLAIN_ADDR', '127.0.0.1:8084'),
    httpsPortSuffix: readPortSuffix(environment),
    caddyLogAddress: environment.address('DOMAINS_CADDY_LOG_ADDR', '127.0.0.1:8083'),
    askAddress: environment.address('DOMAINS_ADDR', '127.0.0.1:8082'),
    opsAddress: environment.address('DOMAINS_OPS_ADDR', '127.0.0.1:9082'),
    coreAddress: environment.address('CORE_GRPC_ADDR', '127.0.0.1:50051'),
    grpcToken: environment.secret('FINGERPOST_GRPC_TOKEN'),
    dnsServers: readDnsServers(environment),
    authorityPort: environment.integer('DOMAINS_DNS_AUTHORITY_PORT', DNS_PORT, PORTS),
    txtPrefix: readTxtPrefix(environment),
    acmeIssuer: environment.text('DOMAINS_ACME_ISSUER') ?? 'letsencrypt.org',
    acmeAccountUri: environment.text('DOMAINS_ACME_ACCOUNT_URI'),
    acmeLimits: environment.choice('DOMAINS_ACME_LIMITS', 'letsencrypt', ACME_LIMITS),
    probeHttpPort: environment.integer('DOMAINS_PROBE_HTTP_PORT', 80, PORTS),
    probeAllowPrivate: environment.boolean('DOMAINS_PROBE_ALLOW_PRIVATE', false),
    caddyTlsAddress: environment.address('DOMAINS_CADDY_TLS_ADDR', '127.0.0.1:443'),
    smtpUrl: environment.secret('DOMAINS_SMTP_URL'),
    mailFrom: environment.text('DOMAINS_MAIL_FROM'),
    healthIntervalMs: interval('DOMAINS_HEALTH_INTERVAL_MS', 15 * 60_000, 200),
    confirmMs: interval('DOMAINS_CONFIRM_MS', 60_000, 0),
    graceMs: interval('DOMAINS_GRACE_MS', 7 * DAY_MS, 0),
  })
  if (config.coreAddress.port === 0) {
    environment.problem('CORE_GRPC_ADDR ends in port 0; want the port that api-core listens on')
  }
  if ((config.smtpUrl === undefined) !== (config.mailFrom === undefined)) {
    environment.problem('DOMAINS_SMTP_URL and DOMAINS_MAIL_FROM are set together, or neither is')
  }
  if (config.smtpUrl !== undefined && !/^smtps?:\/\/./.test(config.smtpUrl)) {
    environment.problem('DOMAINS_SMTP_URL does not begin with "smtp://" or "smtps://"')
  }
  environment.finish(['DOMAINS_', 'FINGERPOST_'])
  return config
}

const PORTS = { min: 1, max: 65_535 }

function readDnsServers(environment: Environment): readonly Address[] | undefined {
  const named = environment.addressList('DOMAINS_DNS_SERVERS', DNS_PORT)
  if (named === undefined) return undefined
  // Why each once: one that is named twice would have two voices where most of them count.
  const servers = [...new Map(named.map((each) => [formatAddress(each), each])).values()]
  if (servers.length > DNS_SERVERS_MAX) {
    environment.problem(
      `DOMAINS_DNS_SERVERS names ${servers.length} servers; want at most ${DNS_SERVERS_MAX}`,
    )
  }
  return servers
}

function readPortSuffix(environment: Environment): string {
  const suffix = environment.text('FINGERPOST_HTTPS_PORT_SUFFIX') ?? ''
  if (!/^(?::[0-9]{1,5})?$/.test(suffix)) {
    environment.problem(
      `FINGERPOST_HTTPS_PORT_SUFFIX is "${suffix}"; want a port with its colon such as ":8443"`,
    )
  }
  return suffix
}

/** Gives the settings as they may be logged: without secrets. */
export function shownConfig({ grpcToken, smtpUrl, ...shown }: DomainManagerConfig): object {
  return {
    ...shown,
    grpcToken: grpcToken === undefined ? 'from the data dir' : '[redacted]',
    smtpUrl: smtpUrl === undefined ? undefined : '[redacted]',
  }
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
