/**
 * Ends the process on Ctrl-C and SIGTERM. What is to be tidied up belongs to
 * `exit`, which comes whatever way a process ends: the handler of
 * test/support/program.ts ends the programs that were started.
 */
export function endOnSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => process.exit(code))
  }
}
