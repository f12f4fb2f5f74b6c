import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { FakeCore } from '../src/core-fake.ts'
import { serveCore } from '../src/core-server.ts'

/** The secret of every core in these tests. */
export const SECRET = 'correct horse battery staple'

/** A core in a process of its own, so that it can be stopped and killed. */
export type CoreProcess = AsyncDisposable & {
  readonly child: ChildProcess
  readonly port: number
}

/** Starts a core with one active domain, `links.example.com`, and its link `spring`. */
export async function startCoreProcess(port: number): Promise<CoreProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [listening] = await once(child, 'message')
  return {
    child,
    port: Number(listening),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('disconnect', () => process.exit())
  const core = new FakeCore({ now: Date.now })
  core.givenDomain({ hostname: 'links.example.com', status: 'active' })
  core.givenLink({
    hostname: 'links.example.com',
    slug: 'spring',
    destination: 'https://example.com/',
  })
  const address = `127.0.0.1:${process.argv[2]}`
  const log = { error: () => {} }
  const server = await serveCore({ core, address, secret: SECRET, log })
  process.send(server.port)
}
