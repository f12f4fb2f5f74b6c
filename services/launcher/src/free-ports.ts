import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { formatAddress, type Address } from '@fingerpost/chassis/environment'
import { listen } from '@fingerpost/chassis/listen'
import type { CaddyPortSetting, LauncherConfig, ListenerSetting } from './config.ts'

// Why not what the kernel gives for port 0: that is of the range that outgoing connections leave
// from, so that one of them may hold the port just when a service comes back to it.
const PORT_MIN = 10_000
const PORT_MAX = 18_000
const TRIES_MAX = 200

/**
 * Replaces every port of 0 by one that is free now.
 *
 * Why here and not in each service: a service that starts again has to come
 * back at its old address, and the others have to know that address.
 */
export async function choosePorts(config: LauncherConfig): Promise<LauncherConfig> {
  const listeners: Record<ListenerSetting, Address> = { ...config.listeners }
  const caddyPorts: Record<CaddyPortSetting, number> = { ...config.caddyPorts }
  const settings = { ...config.environment }
  // Held until all are chosen, so that no port is chosen twice.
  await using held = new AsyncDisposableStack()

  for (const name of Object.keys(listeners) as ListenerSetting[]) {
    const { host, port } = listeners[name]
    if (port !== 0) continue
    const chosen = { host, port: await holdFreePort(host, name, held) }
    listeners[name] = chosen
    settings[name] = formatAddress(chosen)
  }
  for (const name of Object.keys(caddyPorts) as CaddyPortSetting[]) {
    if (caddyPorts[name] === 0) caddyPorts[name] = await holdFreePort('127.0.0.1', name, held)
  }
  return Object.freeze({ ...config, listeners, caddyPorts, environment: settings })
}

async function holdFreePort(
  host: string,
  setting: string,
  held: AsyncDisposableStack,
): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(PORT_MIN, PORT_MAX)
    try {
      const server = createServer()
      await listen(server, { host, port }, setting)
      held.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())))
      return port
    } catch (error) {
      // Why ignored: a port that is taken is why there is more than one try.
      if (tries >= TRIES_MAX) throw error
    }
  }
}
