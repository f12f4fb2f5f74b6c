import t, { type Test } from 'tap'
import { findCaddies, type CaddyProgram } from './caddies.ts'
import { missingPrograms } from './program.ts'

/**
 * Runs one test per Caddy that the Caddyfile has to serve, next to one another; a Caddy or another
 * program that is not there makes a visible skip.
 *
 * @param programs what the test runs beside Caddy, by their names on PATH
 */
export async function testEachCaddy(
  sentence: string,
  programs: readonly string[],
  run: (t: Test, caddy: CaddyProgram) => Promise<void>,
): Promise<void> {
  for (const caddy of await findCaddies()) {
    const name = `${caddy.name}: ${sentence}`
    if (caddy.kind === 'missing') {
      void t.test(name, { skip: caddy.reason }, async () => {})
      continue
    }
    const options = { skip: missingPrograms(programs), buffered: true }
    void t.test(name, options, (t) => run(t, caddy))
  }
}
