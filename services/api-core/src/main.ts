import { createLogger } from '@fingerpost/chassis/logger'
import { endAfterConfigCheck, runService } from '@fingerpost/chassis/lifecycle'
import { describeConfig, readCoreConfig } from './config.ts'
import { startCore } from './start.ts'

let log = createLogger('api-core', 'info')

await runService(
  async () => {
    const config = readCoreConfig(process.env)
    endAfterConfigCheck()
    log = createLogger('api-core', config.logLevel)
    log.info({ config: describeConfig(config) }, 'configured')
    return startCore(config, log)
  },
  { log: () => log, stopMsMax: 8_000 },
)
