import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseResponses } from './raw-client.ts'

/** What visitors saw. */
export type Seen = { answers: number; readonly failures: string[] }

/**
 * Sends request after request on one connection, until an answer ends it or it
 * is enough. Everything but a redirect is a failure, and so is a lost answer.
 */
export async function visit(
  port: number,
  octets: string,
  seen: Seen,
  options: { readonly pauseMs: number; readonly isEnough: () => boolean },
): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const ended = Promise.withResolvers<void>()
  let received = Buffer.alloc(0)
  let isAwaiting = true
  const send = (): void => {
    isAwaiting = true
    socket.write(octets)
  }
  const sendLater = async (): Promise<void> => {
    if (options.pauseMs > 0) await sleep(options.pauseMs)
    send()
  }
  send()
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    const [response] = parseResponses(received, false)
    if (response === undefined) return
    received = Buffer.alloc(0)
    isAwaiting = false
    seen.answers += 1
    if (response.status !== 302) seen.failures.push(`status ${response.status}`)
    if (response.headers['connection'] === 'close') return
    if (options.isEnough()) socket.end()
    else void sendLater()
  })
  socket.on('error', (error) => seen.failures.push(error.message))
  socket.on('close', () => {
    if (isAwaiting) seen.failures.push('closed while an answer was awaited')
    ended.resolve()
  })
  await ended.promise
}
