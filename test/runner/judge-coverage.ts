import { globSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  addCoverage,
  describeLines,
  paintCoverage,
  uncoveredLines,
  type ScriptCoverage,
} from './coverage.ts'
import type { TestResult } from './read-tap.ts'
import { isHeldToCoverage } from './select-files.ts'

/** What ran so far, by path from the root of the tree. */
export type CoverageSoFar = Map<string, Uint8Array>

/**
 * Runs `work` with a folder for V8 to write into, and adds what it wrote to `soFar`.
 *
 * @see the environment variable NODE_V8_COVERAGE of Node
 */
export async function withCoverage<Value>(
  root: string,
  soFar: CoverageSoFar,
  work: (environment: { readonly NODE_V8_COVERAGE: string }) => Promise<Value>,
): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'fingerpost-coverage-'))
  try {
    const value = await work({ NODE_V8_COVERAGE: folder })
    for (const name of await readdir(folder)) {
      const scripts = parseScripts(await readFile(join(folder, name), 'utf8'))
      for (const script of scripts) await addScript(root, soFar, script)
    }
    return value
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function addScript(
  root: string,
  soFar: CoverageSoFar,
  script: ScriptCoverage,
): Promise<void> {
  if (!script.url.startsWith('file:')) return
  const path = relative(root, fileURLToPath(script.url))
  if (!isHeldToCoverage(path)) return
  const source = await readFile(join(root, path), 'utf8')
  const ran = paintCoverage(source.length, script)
  const before = soFar.get(path)
  if (before === undefined) soFar.set(path, ran)
  else addCoverage(before, ran)
}

/** Gives a failed test for every source that has to be covered and is not. */
export async function judgeCoverage(
  root: string,
  soFar: CoverageSoFar,
): Promise<readonly TestResult[]> {
  const sources = globSync(['packages/model/src/**/*.ts', 'services/*/src/**/rules/**/*.ts'], {
    cwd: root,
  })
  const tests: TestResult[] = []
  for (const path of sources.filter(isHeldToCoverage).toSorted()) {
    const message = judgeSource(await readFile(join(root, path), 'utf8'), soFar.get(path))
    if (message === undefined) continue
    const failures = [{ message, diagnostics: {} }]
    tests.push({ names: [path], outcome: { kind: 'failed', failures } })
  }
  return tests
}

function judgeSource(source: string, ran: Uint8Array | undefined): string | undefined {
  if (ran !== undefined && ran.length !== source.length) {
    return 'It was changed while the tests ran; run them again.'
  }
  const lines = uncoveredLines(source, ran)
  if (lines.length === 0) return undefined
  return `The tests beside it never run all of it: see line ${describeLines(lines)}.`
}

function parseScripts(text: string): readonly ScriptCoverage[] {
  return (JSON.parse(text) as { readonly result: readonly ScriptCoverage[] }).result
}
