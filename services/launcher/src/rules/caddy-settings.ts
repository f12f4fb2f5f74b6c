/** What decides how the launcher's Caddy is set up. */
export type CaddyFacts = {
  readonly dataDir: string
  readonly publicTarget: string | undefined
  readonly httpPort: number
  readonly httpsPort: number
  /** Whether it can send its log to ask by itself, and start while nobody listens there. */
  readonly sendsLog: boolean
}

/** The port of `https://` URLs that name none. @see RFC 9110 section 4.2.2 */
const HTTPS_PORT_DEFAULT = 443

/**
 * Gives the environment that the Caddyfile's placeholders are filled from.
 *
 * Without a public target nobody else can reach this machine by a name of its
 * own: Caddy then listens on loopback only and vouches for its certificates
 * itself. A setting that is already there wins; an empty one is taken away,
 * because the Caddyfile would take it for a value. Of ours only those are handed
 * on that the Caddyfile asks for: the others hold the secrets of the services.
 */
export function caddySettings(
  given: Readonly<Record<string, string | undefined>>,
  facts: CaddyFacts,
): Record<string, string> {
  const isPublic = facts.publicTarget !== undefined
  const settings: Record<string, string | undefined> = {
    ...(!isPublic && { FINGERPOST_CADDY_BIND: '127.0.0.1' }),
    ...withoutEmpty(withoutOurs(given)),
    FINGERPOST_CADDY_ISSUER: isPublic ? 'acme' : 'internal',
    FINGERPOST_HTTP_PORT: String(facts.httpPort),
    FINGERPOST_HTTPS_PORT: String(facts.httpsPort),
    FINGERPOST_HTTPS_PORT_SUFFIX: httpsPortSuffix(facts.httpsPort),
    FINGERPOST_CADDY_LOG: facts.sendsLog ? 'net' : 'stderr',
    // Caddy keeps its files in a folder "caddy" below this one.
    XDG_DATA_HOME: facts.dataDir,
    XDG_CONFIG_HOME: facts.dataDir,
  }
  return withoutEmpty(settings)
}

/** The port of HTTPS in URLs, with its colon; undefined: the usual one. */
export function httpsPortSuffix(httpsPort: number): string | undefined {
  return httpsPort === HTTPS_PORT_DEFAULT ? undefined : `:${httpsPort}`
}

/** The names of ours that the Caddyfile's placeholders have. */
export const CADDYFILE_SETTINGS: ReadonlySet<string> = new Set([
  'DOMAINS_ADDR',
  'DOMAINS_CADDY_LOG_ADDR',
  'DOMAINS_PLAIN_ADDR',
  'EDGE_ADDR',
  'FINGERPOST_ACME_DIRECTORY',
  'FINGERPOST_ACME_EMAIL',
  'FINGERPOST_ACME_TRUSTED_ROOTS',
  'FINGERPOST_CADDY_BIND',
  'FINGERPOST_CADDY_ISSUER',
  'FINGERPOST_CADDY_LOG',
  'FINGERPOST_EDGE_FAIL_DURATION',
  'FINGERPOST_HTTPS_PORT',
  'FINGERPOST_HTTPS_PORT_SUFFIX',
  'FINGERPOST_HTTP_PORT',
  'FINGERPOST_MORE_EDGE_ADDRS',
])

/** The address that Caddy listens on under these settings. */
export function caddyHost(settings: Readonly<Record<string, string | undefined>>): string {
  return settings['FINGERPOST_CADDY_BIND'] ?? '::'
}

/** The host at which this machine reaches the Caddy of these settings. */
export function caddyReachableHost(settings: Readonly<Record<string, string | undefined>>): string {
  const host = caddyHost(settings)
  return host === '' || host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host
}

/** The root certificate of Caddy's own issuer, below the data directory. */
export const CADDY_ROOT_PATH = 'caddy/pki/authorities/local/root.crt'

// Why all of ours, and no list of secrets: one that is added later must not be forgotten here.
// What is not ours (PATH, proxies, certificates, Go's own) Caddy may need.
const OURS = /^(?:CORE|DATABASE|DOMAINS|EDGE|FINGERPOST|REDIS)_/

function withoutOurs(
  given: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => !OURS.test(name) || CADDYFILE_SETTINGS.has(name)),
  )
}

function withoutEmpty(
  settings: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined && value !== '') kept[name] = value
  }
  return kept
}
