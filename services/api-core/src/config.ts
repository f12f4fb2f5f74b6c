import { join, resolve } from 'node:path'
import { Environment, type Address } from '@fingerpost/chassis/environment'
import { LOG_LEVELS, type LogLevel } from '@fingerpost/chassis/logger'
import { canonicalHostname, HOSTNAME_OCTETS_MAX } from '@fingerpost/model/hostname'
import { isTxtPrefix, TXT_PREFIX_DEFAULT } from '@fingerpost/model/txt-prefix'

/** The settings of api-core. */
export type CoreConfig = {
  readonly dataDir: string
  readonly logLevel: LogLevel
  readonly databaseUrl: string
  readonly httpAddress: Address
  readonly grpcAddress: Address
  readonly opsAddress: Address
  /** The name that customers' CNAMEs lead to; undefined: not set by the operator yet. */
  readonly publicTarget: string | undefined
  readonly txtPrefix: string
  /** Undefined: made once, in the data directory. */
  readonly adminToken: string | undefined
  /** Undefined: made once, in the data directory. */
  readonly grpcToken: string | undefined
}

/**
 * Reads the settings of api-core.
 *
 * @throws {StartError} naming every bad setting and every misspelt one
 */
export function readCoreConfig(values: Readonly<Record<string, string | undefined>>): CoreConfig {
  const environment = new Environment(values)
  const dataDir = resolve(environment.text('FINGERPOST_DATA_DIR') ?? './data')
  const config: CoreConfig = {
    dataDir,
    logLevel: environment.choice('FINGERPOST_LOG_LEVEL', 'info', LOG_LEVELS),
    databaseUrl: readDatabaseUrl(environment, dataDir),
    httpAddress: environment.address('CORE_HTTP_ADDR', '127.0.0.1:8081'),
    grpcAddress: environment.address('CORE_GRPC_ADDR', '127.0.0.1:50051'),
    opsAddress: environment.address('CORE_OPS_ADDR', '127.0.0.1:9081'),
    publicTarget: readPublicTarget(environment),
    txtPrefix: readTxtPrefix(environment),
    adminToken: readToken(environment, 'CORE_ADMIN_TOKEN'),
    grpcToken: readToken(environment, 'FINGERPOST_GRPC_TOKEN'),
  }
  environment.finish(['CORE_', 'FINGERPOST_'])
  return Object.freeze(config)
}

/** The settings for the log: without secrets. */
export function describeConfig(config: CoreConfig): Readonly<Record<string, unknown>> {
  return {
    ...config,
    databaseUrl: describeDatabase(config.databaseUrl),
    adminToken: config.adminToken === undefined ? 'from the data directory' : '[redacted]',
    grpcToken: config.grpcToken === undefined ? 'from the data directory' : '[redacted]',
  }
}

function describeDatabase(text: string): string {
  if (text.startsWith('sqlite:')) return text
  if (!URL.canParse(text)) return '[redacted]'
  const { protocol, host, pathname, search, hash } = new URL(text)
  // Why: with an unencoded "/", "?" or "#" in the password, its rest stands there.
  if (`${pathname}${search}${hash}`.includes('@')) return '[redacted]'
  return `${protocol}//${host}${pathname}`
}

const SECRET_LENGTH_MIN = 16

function readToken(environment: Environment, name: string): string | undefined {
  const token = environment.secret(name)
  if (token !== undefined && !/^[\x21-\x7e]{16,512}$/.test(token)) {
    environment.problem(
      `${name} has to be ${SECRET_LENGTH_MIN}..512 visible ASCII characters without spaces`,
    )
  }
  return token
}

function readDatabaseUrl(environment: Environment, dataDir: string): string {
  const url = environment.secret('DATABASE_URL')
  if (url === undefined) return `sqlite:${join(dataDir, 'fingerpost.sqlite')}`
  if (/^sqlite:.|^postgres(?:ql)?:\/\/./.test(url)) return url
  // Why the value is not repeated: it may hold a password.
  environment.problem(
    'DATABASE_URL is neither "sqlite:<path>" nor "postgres://user:password@host:port/name"',
  )
  return ''
}

// Why below 253: the label of each domain and a dot stand before it.
const TARGET_OCTETS_MAX = HOSTNAME_OCTETS_MAX - 13

function readPublicTarget(environment: Environment): string | undefined {
  const text = environment.text('FINGERPOST_PUBLIC_TARGET')
  if (text === undefined) return undefined
  const name = text.includes(':') ? undefined : canonicalHostname(text)
  const target = name !== undefined && name.length <= TARGET_OCTETS_MAX ? name : undefined
  if (target === undefined) {
    environment.problem(
      `FINGERPOST_PUBLIC_TARGET is "${text}"; want a DNS name such as "edge.example.net"`,
    )
  }
  return target
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
