import { randomInt } from 'node:crypto'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { endOnSignals } from '../harness/end-on-signals.ts'
import { seededRandom } from '../harness/statistics.ts'
import { readOptions, USAGE, type ChaosOptions } from './harness/options.ts'
import type { Finding, Row, RowName } from './harness/row.ts'
import { S1 } from './s1-redis-killed.ts'
import { S2 } from './s2-redis-paused.ts'
import { S3 } from './s3-core-killed.ts'
import { S4 } from './s4-rolling-restarts.ts'
import { S5 } from './s5-edge-killed.ts'
import { S6 } from './s6-cold-start.ts'
import { S7 } from './s7-herd.ts'
import { S8 } from './s8-slug-flood.ts'
import { S9 } from './s9-unknown-names.ts'
import { S10 } from './s10-control-plane-dead.ts'
import { S11 } from './s11-first-byte.ts'
import { S12 } from './s12-import.ts'
import { S13 } from './s13-bad-nonces.ts'
import { S14 } from './s14-resolver-faults.ts'
import { S15 } from './s15-cname-removed.ts'
import { S16 } from './s16-claims.ts'
import { S17 } from './s17-verify-race.ts'
import { S18 } from './s18-names-fuzzed.ts'
import { S20 } from './s20-challenge-by-slug.ts'
import { S21 } from './s21-smuggling.ts'
import { S22 } from './s22-staleness.ts'
import { S24 } from './s24-slow-clients.ts'

const ROWS: Readonly<Record<RowName, Row>> = {
  S1,
  S2,
  S3,
  S4,
  S5,
  S6,
  S7,
  S8,
  S9,
  S10,
  S11,
  S12,
  S13,
  S14,
  S15,
  S16,
  S17,
  S18,
  S20,
  S21,
  S22,
  S24,
}
const SEED_BELOW = 1_000_000_000

/** Runs rows of the reliability scorecard, one line of JSON each; fails when one of them does. */
async function chaos(): Promise<void> {
  const options = readOptions(process.argv.slice(2), randomInt(SEED_BELOW))
  tell(styleText('dim', `seed ${options.seed}`))
  for (const name of options.rows) {
    const passed = await runRow(ROWS[name], options)
    if (!passed) process.exitCode = 1
  }
}

async function runRow(row: Row, options: ChaosOptions): Promise<boolean> {
  const { seed, isShort } = options
  const startedMs = performance.now()
  const elapsedS = (): number => Math.round((performance.now() - startedMs) / 100) / 10
  tell(`\n${styleText('bold', `${row.name}: ${row.title}`)}`)
  const finding = await runSafely(row, {
    ...options,
    say: (sentence) =>
      tell(`${styleText('dim', `${elapsedS().toFixed(1).padStart(6)} s`)}  ${sentence}`),
  })
  const shown =
    finding.kind === 'measured'
      ? { figure: finding.figure, unit: finding.unit, goal: row.goal, pass: finding.pass }
      : { figure: null, unit: null, goal: row.goal, pass: false, skipped: finding.reason }
  const facts = finding.kind === 'measured' ? finding.facts : {}
  const line = { row: row.name, ...shown, seed, short: isShort, seconds: elapsedS(), ...facts }
  process.stdout.write(`${JSON.stringify(line)}\n`)
  tell(`  ${shown.pass ? styleText('green', 'passed') : styleText('red', 'not passed')}`)
  return shown.pass
}

async function runSafely(
  row: Row,
  options: ChaosOptions & { readonly say: (sentence: string) => void },
): Promise<Finding> {
  const { seed, isShort, say } = options
  await using directory = await mkdtempDisposable(join(tmpdir(), 'fingerpost-chaos-'))
  try {
    return await row.run({
      seed,
      isShort,
      random: seededRandom(seed),
      directory: directory.path,
      say,
    })
  } catch (error) {
    // Why not on: the other rows can still be run, and the line tells what happened to this one.
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    const facts = { error: error instanceof Error ? error.message : String(error) }
    return { kind: 'measured', figure: NaN, unit: 'none', pass: false, facts }
  }
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

endOnSignals()

try {
  await chaos()
} catch (error) {
  tell(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exitCode = 1
}
