import { CADDY_ROOT_PATH } from './caddy-settings.ts'

/** What the launcher knows once everything is up, for the person who started it. */
export type SummaryFacts = {
  /** For example `127.0.0.1:8081`; never a wildcard address. */
  readonly api: string
  readonly edgePort: number
  readonly httpPort: number
  readonly httpsPort: number
  readonly caddy: CaddyState
  readonly publicTarget: string | undefined
  /** As a person would type it, for example `data`. */
  readonly dataDir: string
  /** Undefined: it was given as a setting. */
  readonly adminTokenPath: string | undefined
  readonly seed: SummarySeed | undefined
  /** Services that are not up. */
  readonly missing: readonly string[]
}

/** What of Caddy runs. */
export type CaddyState =
  | { readonly kind: 'running'; readonly version: string; readonly isCurrent: boolean }
  | { readonly kind: 'off' }
  | { readonly kind: 'missing' }

/** What was put in at the first start. */
export type SummarySeed = {
  readonly workspaceId: string
  readonly hostname: string
  readonly slug: string
}

/** The summary: sections of lines for a terminal. */
export type SummarySection = { readonly title: string; readonly lines: readonly string[] }

/** Says what runs, how to try it, how to go on, and what is off. */
export function summarize(facts: SummaryFacts): readonly SummarySection[] {
  const sections = [
    { title: 'Fingerpost is running. Ctrl-C stops it.', lines: running(facts) },
    { title: 'Try it', lines: tryIt(facts) },
    { title: 'Add a domain of your own', lines: addDomain(facts) },
    { title: 'Good to know', lines: notices(facts) },
  ]
  return sections.filter((section) => section.lines.length > 0)
}

/** The summary's facts as the fields of a log line. */
export function summaryFields(facts: SummaryFacts): Readonly<Record<string, unknown>> {
  const urls = seedUrls(facts)
  return {
    urls: { ...urls, api: `http://${facts.api}` },
    data_dir: facts.dataDir,
    admin_token_file: facts.adminTokenPath,
    caddy: facts.caddy.kind === 'running' ? facts.caddy.version : facts.caddy.kind,
    notices: notices(facts),
  }
}

function running(facts: SummaryFacts): string[] {
  const https =
    facts.caddy.kind === 'running'
      ? `ports ${facts.httpPort} and ${facts.httpsPort}, Caddy ${facts.caddy.version}`
      : 'off'
  return [
    `Redirects  port ${facts.edgePort} (HTTP)`,
    `HTTPS      ${https}`,
    `API        http://${facts.api}, described at http://${facts.api}/docs`,
    `Data       ${facts.dataDir}`,
    `Token      ${facts.adminTokenPath ?? 'as set in CORE_ADMIN_TOKEN'}`,
  ]
}

function tryIt(facts: SummaryFacts): string[] {
  const { http, https } = seedUrls(facts)
  if (http === undefined) return []
  if (https === undefined) return [`curl -i ${http}`]
  if (facts.publicTarget !== undefined) return [`curl -i ${http}`]
  return [
    `curl -i ${http}`,
    `curl -i --cacert ${quote(`${facts.dataDir}/${CADDY_ROOT_PATH}`)} ${https}`,
    'Browsers warn at the second one: only this machine vouches for its certificate.',
  ]
}

function addDomain(facts: SummaryFacts): string[] {
  const token =
    facts.adminTokenPath === undefined
      ? '$CORE_ADMIN_TOKEN'
      : `$(cat ${quote(facts.adminTokenPath)})`
  const workspace = facts.seed?.workspaceId ?? '<workspace>'
  return [
    `curl -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json' \\`,
    `  -d '{"hostname":"links.example.com"}' http://${facts.api}/v1/workspaces/${workspace}/domains`,
    'The answer holds the DNS records to set.',
  ]
}

function notices(facts: SummaryFacts): string[] {
  const { caddy, publicTarget } = facts
  const list = facts.missing.map(
    (name) => `${name} has not started; its lines above say why. It is started again and again.`,
  )
  if (caddy.kind === 'off') list.push('HTTPS is off: FINGERPOST_CADDY is "off".')
  if (caddy.kind === 'missing') {
    list.push('HTTPS is off: no Caddy was found. Install it, or set FINGERPOST_CADDY to its path.')
  }
  if (caddy.kind === 'running' && !caddy.isCurrent) {
    list.push(
      `Caddy ${caddy.version} is for trying out only: it fails some first connections that come ` +
        'at the same moment. docs/caddy.md says how to get the current one.',
    )
  }
  if (publicTarget === undefined) {
    list.push(
      "Customers' CNAMEs have nowhere to lead: set FINGERPOST_PUBLIC_TARGET to a public name of " +
        'this machine, for example edge.example.net (docs/running.md).',
    )
  } else if (caddy.kind === 'running' && (facts.httpPort !== 80 || facts.httpsPort !== 443)) {
    list.push(
      'Visitors and the CA come to ports 80 and 443: set FINGERPOST_HTTP_PORT and ' +
        'FINGERPOST_HTTPS_PORT to these, or have them forwarded.',
    )
  }
  return list
}

function seedUrls(facts: SummaryFacts): { readonly http?: string; readonly https?: string } {
  if (facts.seed === undefined) return {}
  const { hostname, slug } = facts.seed
  const port = facts.httpsPort === 443 ? '' : `:${facts.httpsPort}`
  return {
    http: `http://${hostname}:${facts.edgePort}/${slug}`,
    ...(facts.caddy.kind === 'running' && { https: `https://${hostname}${port}/${slug}` }),
  }
}

// Good enough for a shell line that a person copies.
function quote(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
