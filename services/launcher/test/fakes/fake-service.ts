import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { appendFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAddress } from '@fingerpost/chassis/environment'
import { runService } from '@fingerpost/chassis/lifecycle'
import { listen } from '@fingerpost/chassis/listen'
import { createLogger } from '@fingerpost/chassis/logger'
import { recordPorts } from '@fingerpost/chassis/run-files'
import { StartError } from '@fingerpost/chassis/start-error'

/** What a fake does, set by `FAKE_<NAME>`; anything else is a service that just works. */
const behaviour = (name: string): string | undefined =>
  process.env[`FAKE_${name.toUpperCase().replaceAll('-', '_')}`]

/** The data directory that the launcher gave. */
export const dataDir = resolve(process.env['FINGERPOST_DATA_DIR'] ?? '')

/** Runs one small HTTP server in place of a service, at the address of `setting`. */
export async function runFake(
  name: string,
  setting: string,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<void> {
  const log = createLogger(name, 'info')
  const does = behaviour(name)
  if (does === 'crash') throw new Error('crashed on purpose')
  if (does === 'ignore_term') {
    for (const signal of ['SIGTERM', 'SIGINT']) process.prependListener(signal, () => {})
  }
  await runService(
    async () => {
      if (does === 'start_error') throw new StartError(`${name} cannot start, on purpose.`)
      process.stderr.write(`plain words of ${name} \u001B[31m\n`)
      const server = createServer((request, response) => void onRequest(request, response))
      const address = parseAddress(process.env[setting] ?? '') ?? { host: '127.0.0.1', port: 0 }
      await recordPorts(dataDir, name, { http: await listen(server, address, setting) }, log)
      log.info('started')
      return {
        async [Symbol.asyncDispose]() {
          appendFileSync(join(dataDir, 'stops'), `${name}\n`)
          if (does === 'ignore_term') await new Promise(() => {})
          server.close()
          server.closeAllConnections()
        },
      }
    },
    { log: () => log, stopMsMax: 60_000 },
  )
}

/** Reads a request's body as JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}
