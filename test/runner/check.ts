import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PRETTIER_CACHE = 'node_modules/.cache/prettier/check'

/** The parts of `npm run check`, each a command of its own. */
const PARTS = {
  types: ['node_modules/.bin/tsc', '--noEmit'],
  lint: ['node_modules/.bin/oxlint', '--type-aware', '--deny-warnings', '--format=unix'],
  format: [
    'node_modules/.bin/prettier',
    '--check',
    '--log-level=warn',
    '--cache',
    `--cache-location=${PRETTIER_CACHE}`,
    '.',
  ],
  tidy: [process.execPath, 'test/run.ts', 'test/tidy.test.ts', 'test/tidy'],
} as const

// Why all at once: a change that breaks two parts is told so in one go, and in the time of the
// slowest.
const outcomes = await Promise.all(Object.entries(PARTS).map(([name, part]) => check(name, part)))
process.exitCode = outcomes.every((isOk) => isOk) ? 0 : 1

async function check(name: string, [command, ...args]: readonly [string, ...string[]]) {
  const startedAt = performance.now()
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
  const [isOk, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)
  const mark = isOk ? styleText('green', 'ok  ') : styleText('red', 'FAIL')
  const details = isOk ? '' : `${(stdout + stderr).trimEnd().replaceAll(/^/gm, '    ')}\n`
  process.stdout.write(`${mark} ${seconds} s  ${name}\n${details}`)
  return isOk
}
