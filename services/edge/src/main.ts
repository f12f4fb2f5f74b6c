import { createLogger } from '@fingerpost/chassis/logger'
import { endAfterConfigCheck, runService } from '@fingerpost/chassis/lifecycle'
import { readEdgeConfig } from './config.ts'
import { DRAIN_LIMITS } from './limits.ts'
import { startEdge } from './start.ts'

let log = createLogger('edge', 'info')

await runService(
  () => {
    const config = readEdgeConfig(process.env)
    endAfterConfigCheck()
    log = createLogger('edge', config.logLevel)
    const { coreToken, ...shown } = config
    log.info(
      { config: { ...shown, coreToken: coreToken === undefined ? 'file' : 'set' } },
      'configured',
    )
    return startEdge(config, log, { drainLimits: DRAIN_LIMITS })
  },
  { log: () => log, stopMsMax: 8_000 },
)
