import { styleText } from 'node:util'
import { readLogLine, toJsonLine, toReadableLine, type LogRecord } from './rules/log-line.ts'
import { summaryFields, summarize, type SummaryFacts } from './rules/summary.ts'

/** Where everything that the launcher and its programs say is written. */
export type LogOutput = {
  /** One line of a program's output. */
  writeLine(service: string, line: string): void
  writeSummary(facts: SummaryFacts): void
}

/** Writes lines for people on a terminal, and JSON for anything else. */
export function createLogOutput(stream: NodeJS.WriteStream): LogOutput {
  // Why ignored: that nobody reads the log any more must not end the redirects.
  stream.on('error', () => {})
  return stream.isTTY ? terminalOutput(stream) : jsonOutput(stream)
}

function jsonOutput(stream: NodeJS.WriteStream): LogOutput {
  const write = (record: LogRecord): void => void stream.write(`${toJsonLine(record)}\n`)
  return {
    writeLine: (service, line) => write(readLogLine(line, service, now())),
    writeSummary: (facts) =>
      write({
        time: now(),
        level: 'info',
        service: 'launcher',
        message: 'running',
        fields: summaryFields(facts),
      }),
  }
}

const QUIET_LEVELS = new Set(['debug', 'info', 'warn'])

const LEVEL_STYLES = new Map([
  ['warn', 'yellow'],
  ['error', 'red'],
  ['fatal', 'red'],
] as const)

function terminalOutput(stream: NodeJS.WriteStream): LogOutput {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    styleText(format, text, { stream })
  const levelStyle = (level: string): Parameters<typeof styleText>[0] => {
    for (const [name, format] of LEVEL_STYLES) if (name === level) return format
    return 'dim'
  }
  return {
    writeLine(service, line) {
      const record = readLogLine(line, service, now())
      // Why: at each start and stop Caddy says in a dozen lines what nobody can act on.
      if (record.service === 'caddy' && QUIET_LEVELS.has(record.level)) return
      const readable = toReadableLine(record)
      const level = style(levelStyle(readable.level), readable.level.padEnd(5))
      const name = style('cyan', readable.service.padEnd(14))
      stream.write(`${style('dim', readable.time)} ${level} ${name} ${readable.text}\n`)
    },
    writeSummary(facts) {
      const sections = summarize(facts).map(
        ({ title, lines }) =>
          `${style('bold', title)}\n${lines.map((line) => `  ${line}\n`).join('')}`,
      )
      stream.write(`\n${sections.join('\n')}\n`)
    },
  }
}

function now(): string {
  return new Date().toISOString()
}
