import { findCaddies, CURRENT_CADDY_VERSION } from '../../../test/support/caddies.ts'
import type { CaddyProgram } from '../../../test/support/caddies.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { PEBBLE_PROGRAMS } from '../../../test/support/pebble.ts'
import { missingPrograms } from '../../../test/support/program.ts'
import { SCRIPTED_DNS_PROGRAMS } from '../../../test/support/scripted-dns.ts'
import type { ApiDomain } from '../../../test/story/api-client.ts'
import type { Installation } from '../../../test/story/installation.ts'
import { publishRecords } from '../../../test/story/story.ts'
import type { SkipReason } from './tools.ts'

const LIVE_MS_MAX = 60_000

/** Gives the Caddy that production runs, or says why no whole installation can be started. */
export async function caddyOfInstallations(): Promise<CaddyProgram | SkipReason> {
  const missing = missingPrograms([...PEBBLE_PROGRAMS, ...SCRIPTED_DNS_PROGRAMS])
  if (missing !== false) return { kind: 'skipped', reason: missing }
  const current = (await findCaddies()).find(
    (caddy) => caddy.kind === 'found' && caddy.version === CURRENT_CADDY_VERSION,
  )
  if (current?.kind === 'found') return current
  return { kind: 'skipped', reason: `no Caddy ${CURRENT_CADDY_VERSION} is installed` }
}

/** Adds a domain, publishes its records and waits until it is active with a certificate. */
export async function givenLiveDomain(
  installation: Installation,
  workspaceId: string,
  hostname: string,
): Promise<ApiDomain> {
  const { api } = installation
  const domain = await api.addDomain(workspaceId, hostname)
  await publishRecords(installation, domain)
  await api.checkDomain(workspaceId, domain.id)
  return eventually(
    `${hostname} is active with a certificate`,
    async () => {
      const now = await api.getDomain(workspaceId, domain.id)
      return now.status === 'active' && now.certificate.status === 'issued' && now
    },
    { withinMs: LIVE_MS_MAX },
  )
}
