import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { DurationMs } from '@fingerpost/model/time'

/** How often each connection is looked at before it is found to be stalled. */
const LOOKS = 4

type Look = { octets: number; unchanged: number }

/**
 * Closes connections on which nothing moves, either way, for `idleMsMax` or up
 * to a quarter longer.
 *
 * Why not the server's own `timeout`: it sets a timer back with every read and
 * every write of every request, where this looks at each connection now and then.
 */
export function closeStalled(server: Server, idleMsMax: DurationMs): void {
  const looks = new Map<Socket, Look>()
  server.on('connection', (socket: Socket) => {
    looks.set(socket, { octets: 0, unchanged: 0 })
    socket.on('close', () => looks.delete(socket))
  })
  const timer = setInterval(() => {
    for (const [socket, look] of looks) {
      const octets = movedOn(socket)
      look.unchanged = octets === look.octets ? look.unchanged + 1 : 0
      look.octets = octets
      if (look.unchanged >= LOOKS) socket.destroy()
    }
  }, idleMsMax / LOOKS)
  timer.unref()
  server.on('close', () => clearInterval(timer))
}

function movedOn(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten - socket.writableLength
}
