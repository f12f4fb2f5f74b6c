import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ASK } from './ask.ts'
import { CHANGE_LAG } from './change-lag.ts'
import { CHECKS } from './checks.ts'
import { CLICKS_LOST } from './clicks-lost.ts'
import { EDGE_WARM } from './edge-warm.ts'
import { HERD } from './herd.ts'
import { IMPORT } from './import.ts'
import { MEMORY } from './memory.ts'
import { PROXY_HOP } from './proxy-hop.ts'
import { REAL_CLICK } from './real-click.ts'
import { TIERS } from './tiers.ts'
import { endOnSignals } from './harness/end-on-signals.ts'
import { readOptions, USAGE } from './harness/options.ts'
import { chooseCores } from './harness/processes.ts'
import { meetsTarget, type BenchContext, type Comparison, type Report } from './harness/report.ts'
import { median } from './harness/statistics.ts'
import { formatReport } from './harness/table.ts'
import { missingTools } from './harness/tools.ts'

const COMPARISONS: readonly Comparison[] = [
  EDGE_WARM,
  PROXY_HOP,
  REAL_CLICK,
  TIERS,
  MEMORY,
  HERD,
  CHANGE_LAG,
  IMPORT,
  CLICKS_LOST,
  ASK,
  CHECKS,
]

type Finished = { readonly comparison: Comparison; readonly report: Report }

// Why here: `exit` comes after whatever way the process ends, and after the programs it started
// were ended by the handler that test/support/program.ts registered before.
const folder = mkdtempSync(join(tmpdir(), 'fingerpost-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
endOnSignals()

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const chosen = choose(options.names)
  const problems = await missingTools([...new Set(chosen.flatMap(({ needs }) => needs))])
  if (problems.length > 0) throw new Error(problems.join('\n'))

  const { rounds, seconds, links } = options
  const cores = await chooseCores()
  const finished: Finished[] = []
  let failures = 0
  for (const comparison of chosen) {
    const directory = mkdtempSync(join(folder, `${comparison.name}-`))
    const context = { rounds, seconds, links, cores, directory, say }
    const report = await measure(comparison, context)
    if (report === undefined) failures += 1
    else finished.push({ comparison, report })
    if (report !== undefined) process.stdout.write(formatReport(comparison, report))
  }
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, toJson(finished, options))
  if (failures > 0) throw new Error(`${failures} of ${chosen.length} comparisons failed.`)
}

async function measure(comparison: Comparison, context: BenchContext): Promise<Report | undefined> {
  say(`${comparison.name}: ${comparison.title}`)
  try {
    return await comparison.run(context)
  } catch (error) {
    // Why not the end: what the others measure takes a while, and stays right.
    console.error(`${comparison.name} failed:`, error)
    return undefined
  }
}

function choose(names: readonly string[]): readonly Comparison[] {
  const known = COMPARISONS.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new Error(`There is no "${unknown}"; there are ${known.join(', ')}.\n${USAGE}`)
  }
  return names.length === 0 ? COMPARISONS : COMPARISONS.filter(({ name }) => names.includes(name))
}

function say(sentence: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${sentence}\n`)
}

function toJson(
  finished: readonly Finished[],
  settings: { readonly rounds: number; readonly seconds: number },
): string {
  const { rounds, seconds } = settings
  const comparisons = finished.map(({ comparison: { name, title }, report }) => {
    if (report.kind === 'not_available') return { name, title, not_available: report.reason }
    const ratios = report.ratios.map((ratio) => ({
      what: ratio.what,
      value: ratio.value,
      unit: ratio.unit ?? '',
      target: ratio.target ?? null,
      met: meetsTarget(ratio) ?? null,
    }))
    const figures = report.figures.map((figure) => ({ ...figure, median: median(figure.values) }))
    return { name, title, ratios, figures, notes: report.notes }
  })
  const about = { at: new Date().toISOString(), node: process.version, rounds, seconds }
  return `${JSON.stringify({ ...about, comparisons }, undefined, 2)}\n`
}
