import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { runFile, type FileRun } from './run-file.ts'

type Limits = { readonly timeoutMs?: number; readonly signal?: AbortSignal }

function run(root: string, path: string, limits: Limits = {}): Promise<FileRun> {
  return runFile(path, {
    root,
    environment: process.env,
    timeoutMs: limits.timeoutMs ?? 60_000,
    spareMs: 0,
    signal: limits.signal ?? new AbortController().signal,
  })
}

async function write(root: string, script: string): Promise<string> {
  await writeFile(join(root, 'sample.mjs'), script)
  return 'sample.mjs'
}

/** Whether a process runs; one that has ended counts as gone before anybody waits for it. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')
  return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
}

t.test('what a file prints and how it ends is told', async (t) => {
  const root = t.testdir({})
  const path = await write(root, "console.log('out', process.env.TAP); console.error('err')")
  const told = { path, stdout: 'out 1\n', stderr: 'err\n', problem: undefined, exitCode: 0 }
  t.match(await run(root, path), told)
})

t.test('code 1 is how tap fails, any other is a problem', async (t) => {
  const root = t.testdir({})
  t.match(await run(root, await write(root, 'process.exit(1)')), {
    exitCode: 1,
    problem: undefined,
  })
  const { problem } = await run(root, await write(root, 'process.exit(3)'))
  t.equal(problem, 'The file exited with code 3.')
})

t.test('a file that is killed says so', async (t) => {
  const root = t.testdir({})
  const { problem } = await run(root, await write(root, "process.kill(process.pid, 'SIGKILL')"))
  t.equal(problem, 'The file was ended by SIGKILL.')
})

t.test('a file that never yields is stopped with all that it started', async (t) => {
  const root = t.testdir({})
  const path = await write(
    root,
    `import { spawn } from 'node:child_process'
     import { writeFileSync } from 'node:fs'
     writeFileSync('pid', String(spawn('sleep', ['600']).pid))
     for (;;);`,
  )
  const { problem } = await run(root, path, { timeoutMs: 700 })
  t.equal(problem, 'The file took longer than 0.7 s and was stopped.')
  const pid = Number(await readFile(join(root, 'pid'), 'utf8'))
  t.notOk(await isRunning(pid))
})

t.test('a file may ask for more time, as t.setTimeout does', async (t) => {
  const root = t.testdir({})
  const path = await write(
    root,
    'process.send({ setTimeout: 30_000 }); setTimeout(() => process.disconnect(), 900)',
  )
  t.match(await run(root, path, { timeoutMs: 400 }), { problem: undefined, exitCode: 0 })
})

t.test('a process that a file leaves behind is named and ended', async (t) => {
  const root = t.testdir({})
  const path = await write(
    root,
    `import { spawn } from 'node:child_process'
     spawn('sleep', ['601'], { stdio: 'ignore' }).unref()`,
  )
  t.match((await run(root, path)).problem, /^The file left processes running: \d+ sleep 601$/)
})

t.test('a run that is stopped stops the file', async (t) => {
  const root = t.testdir({})
  const stop = new AbortController()
  const ended = run(root, await write(root, 'setInterval(() => {}, 1000)'), { signal: stop.signal })
  stop.abort()
  t.match(await ended, { problem: 'The run was stopped.' })
})
