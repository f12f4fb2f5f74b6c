import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'

const SERVICE = fileURLToPath(new URL('service.ts', import.meta.url))

type Service = {
  readonly child: ChildProcess
  readonly exit: Promise<readonly [number | null, NodeJS.Signals | null]>
  readonly messages: unknown[]
  readonly output: { stdout: string; stderr: string }
  /** Resolves when standard output has `word`. */
  readonly says: (word: string) => Promise<void>
}

function startService(t: Test, behaviour: string, stdio: readonly 'ipc'[] = []): Service {
  const child = spawn(process.execPath, [SERVICE, behaviour], {
    stdio: ['ignore', 'pipe', 'pipe', ...stdio],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  const messages: unknown[] = []
  child.on('message', (message) => messages.push(message))
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  const says = async (word: string): Promise<void> => {
    while (!output.stdout.includes(word)) await once(child.stdout ?? child, 'data')
  }
  return { child, exit: exitOf(child), messages, output, says }
}

// Why not the child's 'close': it never comes once the parent has cut its channel.
async function exitOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  const closed = [child.stdout, child.stderr].map((stream) => once(stream ?? child, 'close'))
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  await Promise.all(closed)
  return [code, signal]
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} releases what was acquired and ends with 0`, async (t) => {
    const service = startService(t, 'normal')
    await service.says('started')
    service.child.kill(signal)
    t.same(await service.exit, [0, null])
    t.match(service.output, { stdout: /stopping\n$/, stderr: '' })
  })
}

t.test('a start error goes to the parent that listens, as its sentence', async (t) => {
  const service = startService(t, 'start-error', ['ipc'])
  t.same(await service.exit, [1, null])
  t.same(service.output, { stdout: '', stderr: '' })
  t.same(service.messages, [{ startError: 'The address is taken.' }])
})

t.test('a start error is its sentence on standard error and nothing else', async (t) => {
  const service = startService(t, 'start-error')
  t.same(await service.exit, [1, null])
  t.same(service.output, { stdout: '', stderr: 'The address is taken.\n' })
})

t.test('any other error at the start is logged with its stack and ends with 1', async (t) => {
  const service = startService(t, 'bug')
  t.same(await service.exit, [1, null])
  t.match(JSON.parse(service.output.stdout), {
    level: 'fatal',
    message: 'stopped by an unexpected error',
    error: { message: 'a bug', stack: /service\.ts/ },
  })
})

t.test('the end of the parent stops it, as seen by its channel', async (t) => {
  const service = startService(t, 'normal', ['ipc'])
  await service.says('started')
  service.child.disconnect()
  t.same(await service.exit, [0, null])
  t.match(service.output.stdout, /stopping/)
})

t.test('the channel alone does not stop a process that was started without one', async (t) => {
  const service = startService(t, 'normal')
  await service.says('started')
  t.equal(service.child.exitCode, null)
  service.child.kill('SIGTERM')
  await service.exit
})

for (const behaviour of ['hanging-stop', 'hanging-start']) {
  t.test(`a ${behaviour.replace('-', ' ')} is cut off and ends with 1`, async (t) => {
    const service = startService(t, behaviour)
    await service.says(behaviour === 'hanging-stop' ? 'started' : 'starting')
    service.child.kill('SIGTERM')
    t.same(await service.exit, [1, null])
    t.match(service.output.stdout, /"message":"stopping took too long"/)
  })
}

t.test('a start that ends early because of a stop is a clean end', async (t) => {
  const service = startService(t, 'early-end')
  await service.says('starting')
  service.child.kill('SIGTERM')
  t.same(await service.exit, [0, null])
})

t.test('a stop that fails is logged and ends with 1', async (t) => {
  const service = startService(t, 'failing-stop')
  await service.says('started')
  service.child.kill('SIGTERM')
  t.same(await service.exit, [1, null])
  t.match(service.output.stdout, /"message":"cannot stop"/)
})

t.test('the echo of a signal is not impatience, a later signal is', async (t) => {
  // The stop hangs, so that the process is there for the later signals.
  const service = startService(t, 'slow-stop')
  await service.says('started')
  service.child.kill('SIGINT')
  await service.says('stopping')
  service.child.kill('SIGINT')
  // Why a sleep: the rule is about how long after the first signal the next one comes.
  await sleep(700)
  t.notMatch(service.output.stdout, /again/)
  service.child.kill('SIGINT')
  t.same(await service.exit, [3, null])
})

t.test('SIGHUP is what a process wants it to be, else its end', async (t) => {
  const service = startService(t, 'hang-up')
  await service.says('started')
  service.child.kill('SIGHUP')
  await service.says('hung up')
  service.child.kill('SIGTERM')
  t.same(await service.exit, [0, null])

  const other = startService(t, 'normal')
  await other.says('started')
  other.child.kill('SIGHUP')
  t.same(await other.exit, [null, 'SIGHUP'])
})
