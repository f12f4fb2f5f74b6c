import { join } from 'node:path'
import { formatAddress } from '@fingerpost/chassis/environment'
import { readOrCreateSecret } from '@fingerpost/chassis/secret-file'
import type { CoreApi } from '@fingerpost/contract/core-api'
import { connectCore } from '@fingerpost/contract/core-client'
import type { DurationMs } from '@fingerpost/model/time'
import type { DomainManagerConfig } from './config.ts'

/** How long one call to core may take. */
const CORE_DEADLINE_MS: DurationMs = 5_000

/** Gives the installation's secret: the setting, or the file in the data dir. */
export async function installationSecret(
  config: Pick<DomainManagerConfig, 'grpcToken' | 'dataDir'>,
): Promise<string> {
  return config.grpcToken ?? (await readOrCreateSecret(join(config.dataDir, 'grpc-token')))
}

/** Connects to core with the installation's secret; core may come at any time later. */
export async function connectToCore(
  config: Pick<DomainManagerConfig, 'coreAddress' | 'grpcToken' | 'dataDir'>,
  stack: AsyncDisposableStack,
): Promise<CoreApi> {
  const secret = await installationSecret(config)
  const address = formatAddress(config.coreAddress)
  return stack.use(connectCore({ address, secret, deadlineMs: CORE_DEADLINE_MS }))
}
