import { eventually } from '../../test/support/eventually.ts'
import type { Program } from '../../test/support/program.ts'

const ANSWER_MS_MAX = 30_000

/** Sends SIGUSR2 to a program and gives what stands under `key` in the line that it answers by. */
export async function askBySignal(program: Program, key: string): Promise<unknown> {
  const seen = program.lines.length
  program.kill('SIGUSR2')
  const line = await eventually(
    `an answer of ${program.name} to SIGUSR2`,
    () => program.lines.slice(seen).find((one) => one.startsWith(`{"${key}":`)),
    { withinMs: ANSWER_MS_MAX },
  )
  const told: Readonly<Record<string, unknown>> = JSON.parse(line)
  return told[key]
}
