import { execFile } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import { isErrno } from '@fingerpost/chassis/atomic-file'
import type { Address } from '@fingerpost/chassis/environment'
import { listenError } from '@fingerpost/chassis/listen'
import type { ChildSpec } from './child.ts'
import type { CaddyPortSetting, LauncherConfig } from './config.ts'
import { caddyHost, caddySettings } from './rules/caddy-settings.ts'

/** The Caddy to run, if any. */
export type LauncherCaddy =
  | {
      readonly kind: 'found'
      readonly path: string
      readonly version: string
      /** Whether it is the one that Fingerpost is made for. */
      readonly isCurrent: boolean
    }
  | { readonly kind: 'off' }
  | { readonly kind: 'missing' }

/**
 * Says how to run Caddy with the repository's own Caddyfile.
 *
 * @throws {StartError} when another program has one of its ports
 */
export async function caddySpec(
  config: LauncherConfig,
  caddy: { readonly path: string; readonly caddyfile: string; readonly sendsLog: boolean },
): Promise<ChildSpec> {
  const environment = caddySettings(config.environment, {
    dataDir: config.dataDir,
    publicTarget: config.publicTarget,
    httpPort: config.caddyPorts.FINGERPOST_HTTP_PORT,
    httpsPort: config.caddyPorts.FINGERPOST_HTTPS_PORT,
    sendsLog: caddy.sendsLog,
  })
  const host = caddyHost(environment)
  for (const [setting, port] of Object.entries(config.caddyPorts)) {
    await refuseTakenPort({ host, port }, setting as CaddyPortSetting)
  }
  const run = [caddy.path, 'run', '--config', caddy.caddyfile, '--adapter', 'caddyfile']
  const [command = caddy.path, ...args] = [...(await diesWithUs()), ...run]
  return { name: 'caddy', command, args, environment, hasChannel: false }
}

/** Tells whether a program accepts connections at an address of this machine. */
export function acceptsConnections({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/**
 * Gives the command that has a program ended when we end, however we end.
 *
 * Caddy watches no channel to its parent. Where util-linux is, the kernel does
 * it; elsewhere a Caddy that a killed launcher leaves behind is found by the
 * next start.
 *
 * @see prctl(2), PR_SET_PDEATHSIG
 */
async function diesWithUs(): Promise<readonly string[]> {
  const prefix = ['setpriv', '--pdeathsig', 'TERM']
  const [command = '', ...args] = prefix
  try {
    await promisify(execFile)(command, [...args, 'true'])
    return prefix
  } catch {
    // Why ignored: no setpriv here, or one that does not know the option.
    return []
  }
}

// Why not left to Caddy: it says so in the middle of its log, and goes down and up again.
async function refuseTakenPort(address: Address, setting: CaddyPortSetting): Promise<void> {
  const server = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host: address.host, port: address.port }, () => server.close(() => resolve()))
  try {
    await promise
  } catch (error) {
    if (isErrno(error, 'EADDRINUSE')) throw listenError(error, address, setting)
    // Why ignored: Caddy may be allowed what this process is not, for example port 80.
  }
}
