import type { Clock } from '@fingerpost/chassis/clock'
import type { Address } from '@fingerpost/chassis/environment'
import { readPorts } from '@fingerpost/chassis/run-files'
import type { DurationMs } from '@fingerpost/model/time'
import { acceptsConnections } from './caddy.ts'

/** What waiting for a service needs from outside. */
export type UntilUpDeps = {
  readonly dataDir: string
  readonly clock: Clock
  /** Aborted when the process has ended, or the wait has. */
  readonly signal: AbortSignal
  /** How long a service that accepts connections has for noting its ports. */
  readonly noteMsMax: DurationMs
}

const POLL_MS: DurationMs = 20

/**
 * Waits until a service that has just been started is up: its ports are noted
 * or, where no note can be written, it has kept accepting connections.
 *
 * An address that accepts connections from the beginning is another program's,
 * which the service is about to say: there only the note counts.
 *
 * @returns false when `signal` aborts before
 */
export async function untilServiceUp(
  service: { readonly name: string; readonly address: Address },
  deps: UntilUpDeps,
): Promise<boolean> {
  const isTaken = await acceptsConnections(service.address)
  let acceptsSince: number | undefined
  while (!deps.signal.aborted) {
    if (await isNoted(service.name, deps.dataDir)) return true
    if (acceptsSince === undefined) {
      const accepts = !isTaken && (await acceptsConnections(service.address))
      if (accepts) acceptsSince = performance.now()
    } else if (performance.now() - acceptsSince >= deps.noteMsMax) {
      return true
    }
    await deps.clock.sleep(POLL_MS, deps.signal)
  }
  return false
}

async function isNoted(name: string, dataDir: string): Promise<boolean> {
  try {
    return (await readPorts(dataDir))[name] !== undefined
  } catch {
    // Why ignored: a disk that cannot be read holds no note; the connection tells as well.
    return false
  }
}
