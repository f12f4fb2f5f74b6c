import { createLogger } from '@fingerpost/chassis/logger'
import { endAfterConfigCheck, runService } from '@fingerpost/chassis/lifecycle'
import { startAskProcess } from './ask/start-ask-process.ts'
import { readDomainManagerConfig, shownConfig } from './config.ts'

const STOP_MS_MAX = 8_000

let log = createLogger('ask', 'info')

await runService(
  () => {
    const config = readDomainManagerConfig(process.env)
    endAfterConfigCheck()
    log = createLogger('ask', config.logLevel)
    log.info({ config: shownConfig(config) }, 'starting')
    return startAskProcess(config, log)
  },
  { log: () => log, stopMsMax: STOP_MS_MAX },
)
