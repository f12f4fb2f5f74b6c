import { randomBytes } from 'node:crypto'

// Why not longer: with what is random behind it, it has to fit in 64 octets.
const READABLE_MAX = 40

/**
 * Names this process anew at each start.
 *
 * @param machine what people know the machine by
 */
export function newEdgeId(machine: string): string {
  const readable = machine.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, READABLE_MAX)
  return `${readable}-${randomBytes(8).toString('hex')}`
}
