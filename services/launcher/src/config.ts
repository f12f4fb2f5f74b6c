import { join, resolve } from 'node:path'
import { Environment, type Address } from '@fingerpost/chassis/environment'
import { LOG_LEVELS, type LogLevel } from '@fingerpost/chassis/logger'

/** The listeners of the services, with the addresses that count when a setting is unset. */
export const LISTENERS = {
  EDGE_ADDR: '127.0.0.1:8080',
  EDGE_OPS_ADDR: '127.0.0.1:9080',
  CORE_HTTP_ADDR: '127.0.0.1:8081',
  CORE_GRPC_ADDR: '127.0.0.1:50051',
  CORE_OPS_ADDR: '127.0.0.1:9081',
  DOMAINS_ADDR: '127.0.0.1:8082',
  DOMAINS_OPS_ADDR: '127.0.0.1:9082',
  DOMAINS_ASK_OPS_ADDR: '127.0.0.1:9083',
  DOMAINS_PLAIN_ADDR: '127.0.0.1:8084',
  DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:8083',
} as const

/** The setting of one listener. */
export type ListenerSetting = keyof typeof LISTENERS

/** The setting of one listener of Caddy. */
export type CaddyPortSetting = 'FINGERPOST_HTTP_PORT' | 'FINGERPOST_HTTPS_PORT'

/** Where the operator's bearer token comes from. */
export type AdminToken =
  | { readonly kind: 'setting'; readonly secret: string }
  | { readonly kind: 'file'; readonly path: string }

/** The launcher's settings. A port of 0 means any free one. */
export type LauncherConfig = {
  readonly dataDir: string
  readonly logLevel: LogLevel
  readonly publicTarget: string | undefined
  /** What `FINGERPOST_CADDY` says: `off`, a program, or nothing. */
  readonly caddy: string | undefined
  readonly caddyPorts: Readonly<Record<CaddyPortSetting, number>>
  readonly listeners: Readonly<Record<ListenerSetting, Address>>
  readonly adminToken: AdminToken
  /** What was given to the launcher, for the programs it starts. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Reads the launcher's settings. Those of the services are read by the
 * services, but for the addresses, which the launcher needs as well.
 *
 * @throws {StartError} naming every problem
 */
export function readLauncherConfig(
  values: Readonly<Record<string, string | undefined>>,
): LauncherConfig {
  const environment = new Environment(values)
  const dataDir = resolve(environment.text('FINGERPOST_DATA_DIR') ?? './data')
  const secret = environment.secret('CORE_ADMIN_TOKEN')
  const port = (name: CaddyPortSetting, fallback: number): number =>
    environment.integer(name, fallback, { min: 0, max: 65_535 })
  const listener = (name: ListenerSetting): Address => environment.address(name, LISTENERS[name])

  const config: LauncherConfig = {
    dataDir,
    logLevel: environment.choice('FINGERPOST_LOG_LEVEL', 'info', LOG_LEVELS),
    publicTarget: environment.text('FINGERPOST_PUBLIC_TARGET'),
    caddy: environment.text('FINGERPOST_CADDY'),
    caddyPorts: {
      FINGERPOST_HTTP_PORT: port('FINGERPOST_HTTP_PORT', 8000),
      FINGERPOST_HTTPS_PORT: port('FINGERPOST_HTTPS_PORT', 8443),
    },
    listeners: {
      EDGE_ADDR: listener('EDGE_ADDR'),
      EDGE_OPS_ADDR: listener('EDGE_OPS_ADDR'),
      CORE_HTTP_ADDR: listener('CORE_HTTP_ADDR'),
      CORE_GRPC_ADDR: listener('CORE_GRPC_ADDR'),
      CORE_OPS_ADDR: listener('CORE_OPS_ADDR'),
      DOMAINS_ADDR: listener('DOMAINS_ADDR'),
      DOMAINS_OPS_ADDR: listener('DOMAINS_OPS_ADDR'),
      DOMAINS_ASK_OPS_ADDR: listener('DOMAINS_ASK_OPS_ADDR'),
      DOMAINS_PLAIN_ADDR: listener('DOMAINS_PLAIN_ADDR'),
      DOMAINS_CADDY_LOG_ADDR: listener('DOMAINS_CADDY_LOG_ADDR'),
    },
    adminToken:
      secret === undefined
        ? { kind: 'file', path: join(dataDir, 'admin-token') }
        : { kind: 'setting', secret },
    environment: values,
  }
  environment.finish(['FINGERPOST_'])
  return Object.freeze(config)
}
