import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { formatAddress, type Address } from '@fingerpost/chassis/environment'
import type { CaddyPortSetting, LauncherConfig, ListenerSetting } from './config.ts'

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
    const chosen = { host, port: await holdFreePort(host, held) }
    listeners[name] = chosen
    settings[name] = formatAddress(chosen)
  }
  for (const name of Object.keys(caddyPorts) as CaddyPortSetting[]) {
    if (caddyPorts[name] === 0) caddyPorts[name] = await holdFreePort('127.0.0.1', held)
  }
  return Object.freeze({ ...config, listeners, caddyPorts, environment: settings })
}

async function holdFreePort(host: string, held: AsyncDisposableStack): Promise<number> {
  const server = createServer()
  const listening = once(server, 'listening')
  server.listen({ host, port: 0 })
  await listening
  held.defer(async () => {
    const closed = once(server, 'close')
    server.close()
    await closed
  })
  return (server.address() as AddressInfo).port
}
