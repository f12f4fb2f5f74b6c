// Opens many connections at once to ports of its own, from several networks, and prints how many were
// let in. It runs in a network namespace that has the limits of deploy/nftables.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How many of so many connections from one address were let in at first try. */
export type Crowd = { readonly from: string; readonly port: number; readonly letIn: number }

const COUNT = 1_500
const FEW = 5
// Why less than a second: a connection that was dropped is tried again a second after it.
const QUIET_MS = 600

async function crowd(from: string, port: number, count: number): Promise<Crowd> {
  const host = from.includes(':') ? '::1' : '127.0.0.1'
  let letIn = 0
  const sockets = Array.from({ length: count }, (): Socket => {
    const socket = connect({ port, host, localAddress: from })
    return socket.once('connect', () => (letIn += 1)).on('error', () => {})
  })
  await delay(QUIET_MS)
  for (const socket of sockets) socket.destroy()
  return { from, port, letIn }
}

const servers = [443, 8_443].map((port) =>
  createServer((socket) => socket.on('error', () => {})).listen({
    port,
    host: '::',
    backlog: 4_096,
  }),
)
await Promise.all(servers.map((server) => once(server, 'listening')))
console.log(
  JSON.stringify([
    await crowd('127.7.7.7', 443, COUNT),
    await crowd('127.8.8.8', 443, FEW),
    await crowd('::1', 443, COUNT),
    await crowd('127.7.7.7', 8_443, COUNT),
  ]),
)
for (const server of servers) server.close()
