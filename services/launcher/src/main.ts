import { fileURLToPath } from 'node:url'
import {
  CHECK_CONFIG_ARGUMENT,
  endAfterConfigCheck,
  runService,
} from '@fingerpost/chassis/lifecycle'
import { createLogger } from '@fingerpost/chassis/logger'
import { checkConfigs } from './check-configs.ts'
import { readLauncherConfig } from './config.ts'
import { findCaddy } from './find-caddy.ts'
import { createLogOutput } from './log-output.ts'
import { stopWithNpm } from './parent-watch.ts'
import { startLauncher, type Programs } from './start.ts'

const inRepository = (path: string): string =>
  fileURLToPath(new URL(`../../../${path}`, import.meta.url))

const PROGRAMS: Programs = {
  mains: {
    'api-core': inRepository('services/api-core/src/main.ts'),
    ask: inRepository('services/domain-manager/src/ask-main.ts'),
    'domain-manager': inRepository('services/domain-manager/src/main.ts'),
    edge: inRepository('services/edge/src/main.ts'),
  },
  caddyfile: inRepository('Caddyfile'),
}

// Why: loading its packages is most of what a service does when it starts, or starts again.
const COMPILE_CACHE = { NODE_COMPILE_CACHE: inRepository('node_modules/.cache/fingerpost') }

const output = createLogOutput(process.stdout)
const destination = { write: (line: string) => output.writeLine('launcher', line) }
let log = createLogger('launcher', 'info', destination)
const hurry = new AbortController()

stopWithNpm(process.env)

await runService(
  async (signal) => {
    const environment = { ...COMPILE_CACHE, ...process.env }
    if (process.argv.includes(CHECK_CONFIG_ARGUMENT)) {
      await checkConfigs(environment, Object.values(PROGRAMS.mains))
      log.info('every setting is in order')
    }
    endAfterConfigCheck()
    const config = readLauncherConfig(environment)
    log = createLogger('launcher', config.logLevel, destination)
    return startLauncher(config, {
      programs: PROGRAMS,
      caddy: await findCaddy(config.caddy, process.env),
      limits: { startMsMax: 20_000, leftoverMsMax: 10_000 },
      output,
      log,
      signal,
      hurry: hurry.signal,
    })
  },
  { log: () => log, stopMsMax: 6_000, onSignalAgain: () => hurry.abort() },
)
