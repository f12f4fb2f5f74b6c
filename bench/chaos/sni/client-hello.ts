import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { connect } from 'node:tls'

const RECORD_HEAD_OCTETS = 5

/**
 * What a TLS client sends first, for any server name.
 *
 * Why recorded once and changed: a client that makes keys for each handshake costs more than the
 * refusal that is measured.
 */
export class ClientHellos {
  readonly #byLength = new Map<number, { readonly octets: Buffer; readonly nameAt: number }>()

  /** Gives the octets of the first message for a server name. */
  async for(hostname: string): Promise<Buffer> {
    const { octets, nameAt } = this.#byLength.get(hostname.length) ?? (await this.#record(hostname))
    const changed = Buffer.from(octets)
    changed.write(hostname, nameAt, 'latin1')
    return changed
  }

  async #record(hostname: string) {
    const octets = await firstMessageFor(hostname)
    const nameAt = octets.indexOf(hostname, 0, 'latin1')
    if (nameAt < 0) throw new Error(`${hostname} is not in what the TLS client sent.`)
    const recorded = { octets, nameAt }
    this.#byLength.set(hostname.length, recorded)
    return recorded
  }
}

async function firstMessageFor(hostname: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const server = createServer((socket) => readRecord(socket, resolve))
  const listening = once(server, 'listening')
  server.listen(0, '127.0.0.1')
  await listening
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const client = connect({ port, host: '127.0.0.1', servername: hostname })
  // Why ignored: nobody answers it, so it can only end in an error.
  client.on('error', () => undefined)
  const octets = await promise
  client.destroy()
  server.close()
  return octets
}

function readRecord(socket: Socket, deliver: (record: Buffer) => void): void {
  const chunks: Buffer[] = []
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    const octets = Buffer.concat(chunks)
    if (octets.length < RECORD_HEAD_OCTETS) return
    if (octets.length < RECORD_HEAD_OCTETS + octets.readUInt16BE(3)) return
    socket.destroy()
    deliver(octets)
  })
}
