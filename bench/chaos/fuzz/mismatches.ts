const PROBLEMS_MAX = 20

/** What differed from what was expected: how often, and some of it in words. */
export class Mismatches {
  mismatches = 0
  tried = 0
  readonly problems: string[] = []

  /** Notes one trial; `problem` is undefined when all is as it has to be. */
  note(input: string, problem: string | undefined): void {
    this.tried += 1
    if (problem === undefined) return
    this.mismatches += 1
    if (this.problems.length < PROBLEMS_MAX) {
      this.problems.push(`${JSON.stringify(input.slice(0, 300))}: ${problem}`)
    }
  }

  /** Notes one trial whose check may throw, which is a mismatch as well. */
  try(input: string, check: () => string | undefined): void {
    try {
      this.note(input, check())
    } catch (error) {
      this.note(input, `threw ${String(error)}`)
    }
  }
}
