import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CADDYFILE, caddyEnvironment } from '../../test/support/caddy.ts'
import { eventually } from '../../test/support/eventually.ts'
import { freePorts } from '../../test/support/free-port.ts'
import type { Program } from '../../test/support/program.ts'
import { startPinned } from '../harness/processes.ts'
import { bestCaddy } from '../harness/tools.ts'

/** A Caddy under test. */
export type BenchCaddy = AsyncDisposable & {
  readonly program: Program
  readonly httpPort: number
  readonly httpsPort: number
  /** Holds the root that its certificates go back to. */
  readonly rootFile: string
}

/** What stands behind Caddy: a server on a port, or nothing, and Caddy redirects by itself. */
export type Upstream =
  { readonly kind: 'server'; readonly port: number } | { readonly kind: 'own_redirect' }

/** The redirect that Caddy answers by itself, with a destination as long as a link's. */
export const OWN_REDIRECT =
  'redir https://www.example.com/articles{path}?utm_source=newsletter&utm_medium=email 302'

const ROOT_MS_MAX = 10_000

/** How the Caddyfile of a benchmark differs from the project's. */
export const CADDYFILE_NOTE =
  "Caddy runs the project's own Caddyfile; only its http:// site, which redirects to https, was " +
  'given the body of the https:// site, so that plain HTTP can be measured too.'

/** Starts Caddy with the project's Caddyfile and certificates of its own internal authority. */
export async function startBenchCaddy(options: {
  readonly upstream: Upstream
  readonly askPort: number
  readonly directory: string
  readonly core: number
}): Promise<BenchCaddy> {
  const { upstream, askPort, directory, core } = options
  const caddy = await bestCaddy()
  if (caddy === undefined) throw new Error('There is no Caddy.')
  const [httpPort = 0, httpsPort = 0] = await freePorts(2)
  const dataDirectory = join(directory, `caddy-${httpsPort}`)
  await mkdir(dataDirectory)
  const file = join(dataDirectory, 'Caddyfile')
  await writeFile(file, benchCaddyfile(await readFile(CADDYFILE, 'utf8'), upstream))
  const program = await startPinned(
    {
      name: 'caddy',
      command: caddy.path,
      args: ['run', '--config', file, '--adapter', 'caddyfile'],
      cwd: dataDirectory,
      core,
      env: caddyEnvironment({
        path: caddy.path,
        httpPort,
        httpsPort,
        dataDirectory,
        askAddress: `127.0.0.1:${askPort}`,
        edgeAddress: `127.0.0.1:${upstream.kind === 'server' ? upstream.port : 9}`,
        issuer: { kind: 'internal' },
      }),
    },
    /serving initial configuration/,
  )
  const rootFile = join(dataDirectory, 'caddy/pki/authorities/local/root.crt')
  // Why waited for: it is made when Caddy starts for the first time, and may come a little later.
  await eventually("the root of Caddy's authority", () => existsSync(rootFile), {
    withinMs: ROOT_MS_MAX,
  })
  return {
    program,
    httpPort,
    httpsPort,
    rootFile,
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  }
}

/** Makes the Caddyfile of a benchmark from the project's own. */
function benchCaddyfile(own: string, upstream: Upstream): string {
  const sites = own.indexOf('\nhttps:// {')
  if (sites < 0) throw new Error('The Caddyfile has no site "https://".')
  const body = upstream.kind === 'server' ? 'import edge' : OWN_REDIRECT
  return `${own.slice(0, sites)}
https:// {
	tls {
		on_demand
	}
	${body}
}

http:// {
	${body}
}
`
}
