import type { AddressInfo, Server } from 'node:net'
import { formatAddress, type Address } from './environment.ts'
import { StartError } from './start-error.ts'

/**
 * Makes a server listen and gives the real port.
 *
 * @param setting the setting that the address came from, for the message
 * @throws {StartError} in one sentence when the address is taken or not ours
 */
export async function listen(server: Server, address: Address, setting: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host: address.host, port: address.port }, resolve)
  try {
    await promise
  } catch (error) {
    throw listenError(error, address, setting)
  } finally {
    server.off('error', reject)
  }
  return (server.address() as AddressInfo).port
}

/** Turns a failure to listen into a sentence that names the address and its setting. */
export function listenError(error: unknown, address: Address, setting: string): StartError {
  const where = formatAddress(address)
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new StartError(
        `The address ${where} is taken by another program. ` +
          `Stop it, or set ${setting} to another one.`,
      )
    case 'EACCES':
      return new StartError(
        `This user may not listen on ${where}. Set ${setting} to a port above 1023.`,
      )
    case 'EADDRNOTAVAIL':
      return new StartError(
        `${address.host} is not an address of this machine. Set ${setting} to one that is.`,
      )
    default:
      return new StartError(`Cannot listen on ${where} (${setting}): ${String(error)}`)
  }
}

// Why also from the words: grpc-js tells the system's error in its message only.
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  return /\bE[A-Z]{4,}\b/.exec(error.message)?.[0] ?? ''
}
