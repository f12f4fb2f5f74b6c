import { readFileSync } from 'node:fs'
import {
  formatAddress,
  parseAddress,
  type Address,
  type Environment,
} from '@fingerpost/chassis/environment'

/** Which servers make up a Redis, and how the right one is found. */
export type RedisServers =
  | { readonly kind: 'single'; readonly address: Address }
  | {
      readonly kind: 'sentinels'
      readonly addresses: readonly Address[]
      /** The name under which the sentinels watch the servers. */
      readonly name: string
      readonly password: string | undefined
    }
  | { readonly kind: 'cluster'; readonly addresses: readonly Address[] }

/** How Redis is reached. */
export type RedisConfig = {
  readonly servers: RedisServers
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  readonly isEncrypted: boolean
  /** Certificates in PEM that are trusted instead of the system's. */
  readonly ca: string | undefined
}

/** Reads how Redis is reached; undefined when none is set. */
export function readRedisConfig(environment: Environment): RedisConfig | undefined {
  const url = environment.secret('REDIS_URL')
  const sentinels = readAddresses('EDGE_REDIS_SENTINELS', environment)
  const name = environment.text('EDGE_REDIS_SENTINEL_NAME')
  const sentinelPassword = environment.secret('EDGE_REDIS_SENTINEL_PASSWORD')
  const cluster = readAddresses('EDGE_REDIS_CLUSTER', environment)
  const access = {
    username: environment.text('EDGE_REDIS_USERNAME'),
    password: environment.secret('EDGE_REDIS_PASSWORD'),
    database: 0,
    isEncrypted: environment.boolean('EDGE_REDIS_TLS', false),
    ca: readCa(environment),
  }
  if ([url, sentinels, cluster].filter((one) => one !== undefined).length > 1) {
    environment.problem('Of REDIS_URL, EDGE_REDIS_SENTINELS and EDGE_REDIS_CLUSTER set only one')
    return undefined
  }
  if (sentinels === undefined) {
    const idle = { EDGE_REDIS_SENTINEL_NAME: name, EDGE_REDIS_SENTINEL_PASSWORD: sentinelPassword }
    refuseIdle(idle, 'without EDGE_REDIS_SENTINELS', environment)
  }
  if (url === undefined && sentinels === undefined && cluster === undefined) {
    refuseIdle(settingsOf(access), 'without any Redis: name one by REDIS_URL', environment)
    return undefined
  }
  if (url !== undefined) return readUrl(url, access, environment)
  if (cluster !== undefined) return { ...access, servers: { kind: 'cluster', addresses: cluster } }
  if (sentinels === undefined) return undefined
  if (name === undefined) {
    environment.problem('EDGE_REDIS_SENTINELS is set, but not EDGE_REDIS_SENTINEL_NAME')
    return undefined
  }
  const servers = { kind: 'sentinels', addresses: sentinels, name } as const
  return { ...access, servers: { ...servers, password: sentinelPassword } }
}

/** Says how Redis is reached, without any secret; for the log. */
export function describeRedis(config: RedisConfig | undefined): string {
  if (config === undefined) return 'none'
  const { servers, isEncrypted } = config
  const addresses = servers.kind === 'single' ? [servers.address] : servers.addresses
  const list = addresses.map((address) => formatAddress(address)).join(',')
  return `${servers.kind} ${list}${isEncrypted ? ' with TLS' : ''}`
}

type Access = Omit<RedisConfig, 'servers'>

function settingsOf(access: Access): Readonly<Record<string, unknown>> {
  return {
    EDGE_REDIS_USERNAME: access.username,
    EDGE_REDIS_PASSWORD: access.password,
    EDGE_REDIS_TLS: access.isEncrypted || undefined,
    EDGE_REDIS_CA_FILE: access.ca,
  }
}

// Why refused: whoever set it takes Redis to be in use.
function refuseIdle(
  settings: Readonly<Record<string, unknown>>,
  reason: string,
  environment: Environment,
): void {
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) environment.problem(`${name} has no effect ${reason}`)
  }
}

const PORT_DEFAULT = 6379

function readUrl(text: string, access: Access, environment: Environment): RedisConfig | undefined {
  if (access.username ?? access.password) {
    environment.problem('With REDIS_URL the user name and the password stand in the URL')
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  const database = /^\/?(\d{0,5})$/.exec(url?.pathname ?? '?')?.[1]
  const isKnown = url?.protocol === 'redis:' || url?.protocol === 'rediss:'
  const isPlain = url?.search === '' && url.hash === '' && url.hostname !== ''
  if (url === undefined || database === undefined || !isKnown || !isPlain) {
    // Why the value is not repeated: it may hold a password.
    environment.problem('REDIS_URL is not of the form "rediss://user:password@host:6379/0"')
    return undefined
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? PORT_DEFAULT : Number(url.port)
  return {
    servers: { kind: 'single', address: { host, port } },
    username: decode(url.username),
    password: decode(url.password),
    database: Number(database),
    isEncrypted: access.isEncrypted || url.protocol === 'rediss:',
    ca: access.ca,
  }
}

function decode(text: string): string | undefined {
  if (text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    // Why ignored: a "%" that begins no escape stands for itself.
    return text
  }
}

function readAddresses(name: string, environment: Environment): readonly Address[] | undefined {
  const text = environment.text(name)
  return text?.split(',').flatMap((part) => {
    const address = parseAddress(part.trim())
    if (address !== undefined) return [address]
    environment.problem(`${name} contains "${part.trim()}"; want addresses such as "10.0.0.1:6379"`)
    return []
  })
}

function readCa(environment: Environment): string | undefined {
  const path = environment.text('EDGE_REDIS_CA_FILE')
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    environment.problem(`EDGE_REDIS_CA_FILE is "${path}", which cannot be read: ${String(error)}`)
    return undefined
  }
}
