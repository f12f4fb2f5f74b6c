import { fileURLToPath } from 'node:url'
import { judgeCoverage, withCoverage, type CoverageSoFar } from './runner/judge-coverage.ts'
import { describeFile, describeRun, type FileOutcome } from './runner/describe.ts'
import { countTests, isSuccess, judgeFile } from './runner/judge.ts'
import { readTap } from './runner/read-tap.ts'
import { runFile, type FileRun } from './runner/run-file.ts'
import {
  isEndToEnd,
  isUnitTest,
  selectFiles,
  SelectionError,
  type Selection,
} from './runner/select-files.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FILE_TIMEOUT_MS = 120_000
const FILE_SPARE_MS = 15_000
const JOBS = 2

// Why: Node still calls the stripping of types by function an experiment, on every run.
process.removeAllListeners('warning')

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())

try {
  process.exitCode = (await runAll(selectFiles(ROOT, process.argv.slice(2)))) ? 0 : 1
} catch (error) {
  if (!(error instanceof SelectionError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

async function runAll(selection: Selection): Promise<boolean> {
  const startedAt = performance.now()
  const coverage: CoverageSoFar = new Map()
  const outcomes: FileOutcome[] = []
  const tell = (outcome: FileOutcome): void => {
    outcomes.push(outcome)
    process.stdout.write(`${describeFile(outcome)}\n`)
  }
  const runOne = async (path: string): Promise<void> => {
    tell(outcomeOf(await runWithCoverage(path, selection, coverage)))
  }

  await inParallel(
    JOBS,
    selection.files.filter((path) => !isEndToEnd(path)),
    runOne,
  )
  await inParallel(1, selection.files.filter(isEndToEnd), runOne)
  if (selection.isWhole && !stop.signal.aborted) {
    const checkedAt = performance.now()
    const tests = await judgeCoverage(ROOT, coverage)
    const durationMs = performance.now() - checkedAt
    if (tests.length > 0)
      tell({ path: 'coverage of model and rules', durationMs, tests, printed: [] })
  }

  process.stdout.write(`${describeRun(outcomes, performance.now() - startedAt)}\n`)
  return isSuccess(countTests(outcomes.flatMap((outcome) => outcome.tests)))
}

function runWithCoverage(
  path: string,
  selection: Selection,
  coverage: CoverageSoFar,
): Promise<FileRun> {
  const run = (extra: NodeJS.ProcessEnv): Promise<FileRun> =>
    runFile(path, {
      root: ROOT,
      environment: { ...process.env, ...extra },
      timeoutMs: FILE_TIMEOUT_MS,
      spareMs: FILE_SPARE_MS,
      signal: stop.signal,
    })
  const isCounted = selection.isWhole && isUnitTest(path)
  return isCounted ? withCoverage(ROOT, coverage, run) : run({})
}

function outcomeOf(run: FileRun): FileOutcome {
  const report = readTap(run.stdout)
  const printed = [...report.otherLines, ...run.stderr.split('\n')].filter((line) => line !== '')
  return {
    path: run.path,
    durationMs: run.durationMs,
    tests: judgeFile(run, report, { requireAll: process.env['REQUIRE_ALL'] === '1' }),
    printed,
  }
}

/** Works through a list with so many hands; no work is started once the run is stopped. */
async function inParallel<Item>(
  hands: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const one = async (): Promise<void> => {
    for (const item of queue) {
      if (stop.signal.aborted) return
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: hands }, one))
}
