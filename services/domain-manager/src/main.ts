import { createLogger } from '@fingerpost/chassis/logger'
import { endAfterConfigCheck, runService } from '@fingerpost/chassis/lifecycle'
import { readDomainManagerConfig, shownConfig } from './config.ts'
import { startDomainManager } from './start.ts'

const STOP_MS_MAX = 8_000

let log = createLogger('domain-manager', 'info')

await runService(
  () => {
    const config = readDomainManagerConfig(process.env)
    endAfterConfigCheck()
    log = createLogger('domain-manager', config.logLevel)
    log.info({ config: shownConfig(config) }, 'starting')
    return startDomainManager(config, log)
  },
  { log: () => log, stopMsMax: STOP_MS_MAX },
)
