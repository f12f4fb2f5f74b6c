import type { Evidence } from '@fingerpost/model/dns-evidence'
import { describeInstant, type EpochMs } from '@fingerpost/model/time'
import type { Finding, FindingLevel } from './diagnosis/finding.ts'
import type { Diagnosis } from './diagnosis.ts'

const COLUMNS = 96
const INDENT = 10

const MARKS: Readonly<Record<FindingLevel, string>> = {
  ok: 'ok',
  info: 'wait',
  problem: 'PROBLEM',
  unknown: 'unknown',
}

/** What stands beside a diagnosis in its plain text. */
export type DiagnosedAt = {
  readonly hostname: string
  readonly status: string
  readonly statusSince: EpochMs
  readonly graceEndsAt: EpochMs | undefined
  readonly nextCheckAt: EpochMs | undefined
  readonly nextAttemptAt: EpochMs | undefined
}

/** Writes a diagnosis for a terminal. What comes from DNS cannot move the cursor or hide. */
export function diagnosisText(diagnosis: Diagnosis, about: DiagnosedAt): string {
  const { verdict, findings, answers, checkedAt } = diagnosis
  const lines = [
    ...wrap(verdict.message, 0),
    '',
    field('status', `${about.status}, since ${describeInstant(about.statusSince)}`),
    field('looked at', checkedAt === undefined ? 'not yet' : describeInstant(checkedAt)),
    ...optionalField('next look', about.nextCheckAt),
    ...optionalField('grace ends', about.graceEndsAt),
    ...optionalField('CA again', about.nextAttemptAt),
    ...findings.flatMap(findingLines),
    ...(answers.length === 0 ? [] : ['', 'Answers of the last look:', ...answerLines(answers)]),
  ]
  return lines.map((line) => `${printable(line).trimEnd()}\n`).join('')
}

function field(name: string, value: string): string {
  return `${name.padEnd(INDENT)}  ${value}`
}

function optionalField(name: string, at: EpochMs | undefined): readonly string[] {
  return at === undefined ? [] : [field(name, describeInstant(at))]
}

function findingLines({ level, area, title, detail, fix }: Finding): readonly string[] {
  return [
    '',
    `${MARKS[level].padEnd(INDENT)}${area}: ${title}`,
    ...wrap(detail, INDENT),
    ...(fix === undefined ? [] : wrap(`-> ${fix}`, INDENT)),
  ]
}

function answerLines(answers: readonly Evidence[]): readonly string[] {
  return answers.flatMap(({ role, server, question, outcome, values, ttlS, at }) => {
    const ttl = ttlS === undefined ? '' : `, TTL ${ttlS} s`
    return [
      `  ${describeInstant(at)}  ${role} ${server}`,
      `    ${question}: ${outcome}${ttl}`,
      ...values.map((value) => `      ${value}`),
    ]
  })
}

/** Breaks a text at its spaces; a name or value that is longer than a line stays whole. */
function wrap(text: string, indent: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > COLUMNS) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one)
}

// Control, format (bidi marks among them) and unassigned characters, line separators.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu

function printable(line: string): string {
  return line.replaceAll(INVISIBLE, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)
}
