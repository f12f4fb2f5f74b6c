import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { randomInt } from 'node:crypto'

// Why not port 0: the kernel hands out its ephemeral range, and the same range feeds outgoing
// connections, so a port found that way is often taken again before the child binds it.
// Why not lower: a launcher that is told port 0 takes its ports from 10,000 to 18,000.
const PORT_MIN = 18_000
const PORT_MAX = 32_000
const TRIES_MAX = 200

// Why kept: nothing holds a port until its program binds it, and the next one must not get it too.
const given = new Set<number>()

/**
 * Finds ports of 127.0.0.1 that are free for TCP and for UDP, all different from one another.
 *
 * For programs that must be told their port. Whatever can listen on port 0 and say what it got
 * must do that instead: nothing holds these ports until the program binds them.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries >= TRIES_MAX + count) throw new Error(`No ${count} free ports in ${tries} tries.`)
    const port = randomInt(PORT_MIN, PORT_MAX)
    if (given.has(port)) continue
    given.add(port)
    if ((await isFreeForTcp(port)) && (await isFreeForUdp(port))) found.add(port)
  }
  return [...found]
}

/** Finds one port of 127.0.0.1 that is free for TCP and for UDP. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('No free port.')
  return port
}

async function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer()
  try {
    const listening = once(server, 'listening')
    server.listen({ port, host: '127.0.0.1', exclusive: true })
    await listening
  } catch {
    // Why ignored: that the port cannot be had is the answer.
    return false
  }
  const closed = once(server, 'close')
  server.close()
  await closed
  return true
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    const listening = once(socket, 'listening')
    socket.bind({ port, address: '127.0.0.1', exclusive: true })
    await listening
  } catch {
    // Why ignored: that the port cannot be had is the answer.
    return false
  }
  const closed = once(socket, 'close')
  socket.close()
  await closed
  return true
}
