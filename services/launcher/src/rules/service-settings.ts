import { caddyReachableHost, httpsPortSuffix } from './caddy-settings.ts'

/** What decides how the services are set up beside the launcher's Caddy. */
export type ServiceFacts = {
  readonly dataDir: string
  readonly publicTarget: string | undefined
  readonly httpsPort: number
  /** Whether a Caddy runs beside them. */
  readonly hasCaddy: boolean
}

type Settings = Readonly<Record<string, string | undefined>>

/**
 * Gives the environment of the services: what was given to the launcher, and what
 * only the launcher knows. A setting that is already there wins, but for where ask
 * runs: the launcher starts it by itself.
 */
export function serviceSettings(given: Settings, facts: ServiceFacts): Settings {
  const isPublic = facts.publicTarget !== undefined
  const host = caddyReachableHost({
    ...(!isPublic && { FINGERPOST_CADDY_BIND: '127.0.0.1' }),
    ...withoutEmpty(given),
  })
  return {
    ...(facts.hasCaddy && {
      DOMAINS_CADDY_TLS_ADDR: `${host.includes(':') ? `[${host}]` : host}:${facts.httpsPort}`,
      FINGERPOST_HTTPS_PORT_SUFFIX: httpsPortSuffix(facts.httpsPort),
      // Caddy's own issuer, which it uses without a public target, has no limits.
      DOMAINS_ACME_LIMITS: isPublic ? undefined : 'none',
    }),
    ...withoutEmpty(given),
    DOMAINS_ASK: 'elsewhere',
    FINGERPOST_DATA_DIR: facts.dataDir,
  }
}

function withoutEmpty(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined && value !== ''),
  )
}
