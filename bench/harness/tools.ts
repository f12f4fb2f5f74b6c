import { findCaddies } from '../../test/support/caddies.ts'
import { findOnPath } from '../../test/support/program.ts'

/** Programs that comparisons use, each with the Debian package that has it. */
const DEBIAN_PACKAGES = {
  caddy: 'caddy',
  nginx: 'nginx',
  'redis-server': 'redis-server',
  taskset: 'util-linux',
  wrk: 'wrk',
} as const

/** A program that a comparison uses. */
export type ToolName = keyof typeof DEBIAN_PACKAGES

/** Gives a sentence about each program that is missing. */
export async function missingTools(needs: readonly ToolName[]): Promise<readonly string[]> {
  const found = await Promise.all(needs.map((tool) => pathOf(tool)))
  return needs
    .filter((_tool, index) => found[index] === undefined)
    .map(
      (tool) => `"${tool}" is not on PATH; Debian has it in the package ${DEBIAN_PACKAGES[tool]}.`,
    )
}

async function pathOf(tool: ToolName): Promise<string | undefined> {
  return tool === 'caddy' ? (await bestCaddy())?.path : findOnPath(tool)
}

/** Gives the Caddy that production runs, else the one on PATH. */
export async function bestCaddy(): Promise<
  { readonly name: string; readonly path: string } | undefined
> {
  const found = (await findCaddies()).filter((caddy) => caddy.kind === 'found')
  // The current one stands last.
  return found.at(-1)
}
