import { CHECK_CONFIG_ARGUMENT } from '@fingerpost/chassis/lifecycle'
import { StartError } from '@fingerpost/chassis/start-error'
import { startChild } from './child.ts'
import { readLauncherConfig, type LauncherConfig } from './config.ts'
import { choosePorts } from './free-ports.ts'

/**
 * Has the launcher and every service read their settings, and starts nothing.
 *
 * @throws {StartError} naming the problems of all of them, each once
 */
export async function checkConfigs(
  environment: LauncherConfig['environment'],
  mains: readonly string[],
): Promise<void> {
  const own = await problemsOfLauncher(environment)
  const others = await Promise.all(mains.map((main) => problemsOf(main, own.environment)))
  const problems = new Set([...own.problems, ...others.flat()])
  if (problems.size > 0) throw new StartError(`Bad configuration:\n${[...problems].join('\n')}`)
}

async function problemsOfLauncher(environment: LauncherConfig['environment']): Promise<{
  readonly problems: readonly string[]
  /** What the services would get. */
  readonly environment: LauncherConfig['environment']
}> {
  try {
    const config = await choosePorts(readLauncherConfig(environment))
    return { problems: [], environment: config.environment }
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    return { problems: linesOf(error.message), environment }
  }
}

async function problemsOf(
  main: string,
  environment: LauncherConfig['environment'],
): Promise<readonly string[]> {
  const lines: string[] = []
  const child = startChild(
    {
      name: main,
      command: process.execPath,
      args: [main, CHECK_CONFIG_ARGUMENT],
      environment,
      hasChannel: true,
    },
    (line) => lines.push(line),
  )
  const { code, startError } = await child.exited
  if (code === 0) return []
  return startError === undefined
    ? [`  ${main} ended with ${code}:`, ...lines]
    : linesOf(startError)
}

// The first line of a configuration's problems is their title.
function linesOf(message: string): readonly string[] {
  const lines = message.split('\n')
  return lines.length > 1 ? lines.slice(1) : lines
}
