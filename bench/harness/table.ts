import { styleText } from 'node:util'
import { meetsTarget, type Comparison, type Figure, type Ratio, type Report } from './report.ts'
import { median } from './statistics.ts'

const WHAT_COLUMNS = 84

/** Writes a report as a table for the terminal: ratios first, then what they were made from. */
export function formatReport(comparison: Comparison, report: Report): string {
  const title = styleText('bold', `${comparison.name}: ${comparison.title}`)
  if (report.kind === 'not_available') return `\n${title}\n  not available: ${report.reason}\n`
  const lines = [
    ...report.ratios.map((ratio) => formatRatio(ratio)),
    ...(report.figures.length === 0 ? [] : ['', formatFigureHead()]),
    ...report.figures.map((figure) => formatFigure(figure)),
    ...(report.notes.length === 0 ? [] : ['']),
    ...report.notes.map((note) => `  ${note}`),
  ]
  return `\n${title}\n${lines.join('\n')}\n`
}

function formatRatio(ratio: Ratio): string {
  const value = `${formatNumber(ratio.value)} ${ratio.unit ?? ''}`.trimEnd()
  return `  ${ratio.what.padEnd(WHAT_COLUMNS)} ${value.padStart(14)}  ${formatTarget(ratio)}`.trimEnd()
}

function formatTarget(ratio: Ratio): string {
  const { target } = ratio
  if (target === undefined) return ''
  const wanted = 'atLeast' in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`
  const verdict =
    meetsTarget(ratio) === true ? styleText('green', 'met') : styleText('red', 'missed')
  return `${wanted}: ${verdict}`
}

function formatFigureHead(): string {
  const columns = ['median', 'least', 'most'].map((name) => name.padStart(12)).join('')
  return styleText('dim', `  ${'raw'.padEnd(WHAT_COLUMNS)}${columns}`)
}

function formatFigure({ subject, what, unit, values }: Figure): string {
  const numbers = [median(values), Math.min(...values), Math.max(...values)]
  const columns = numbers.map((value) => formatNumber(value).padStart(12)).join('')
  return `  ${`${subject}: ${what}`.padEnd(WHAT_COLUMNS)}${columns} ${unit}`.trimEnd()
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return 'none'
  const decimals = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 3
  return Number.isInteger(value) ? String(value) : value.toFixed(decimals)
}
