import { randomBytes } from 'node:crypto'

/**
 * Names this process anew at each start. Why nothing of the machine is in it:
 * customers are told the names of edges that lag behind their writes.
 */
export function newEdgeId(): string {
  return `edge-${randomBytes(8).toString('hex')}`
}
