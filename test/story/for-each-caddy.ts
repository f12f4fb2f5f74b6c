import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findCaddies } from '../support/caddies.ts'
import { PEBBLE_PROGRAMS } from '../support/pebble.ts'
import { missingPrograms } from '../support/program.ts'
import { SCRIPTED_DNS_PROGRAMS } from '../support/scripted-dns.ts'
import { startInstallation, type Installation } from './installation.ts'

/**
 * Runs a test once against a fresh installation for every Caddy that Fingerpost
 * has to serve. What cannot run is skipped with the reason.
 */
export async function forEachCaddy(
  behaviour: string,
  test: (t: Test, installation: Installation) => Promise<void>,
): Promise<void> {
  const missing = missingPrograms([...PEBBLE_PROGRAMS, ...SCRIPTED_DNS_PROGRAMS])
  for (const caddy of await findCaddies()) {
    const skip = caddy.kind === 'missing' ? caddy.reason : missing
    t.test(`${behaviour} (${caddy.name})`, { skip, timeout: 120_000 }, async (t) => {
      if (caddy.kind === 'missing') return
      const directory = await mkdtemp(join(tmpdir(), 'fingerpost-story-'))
      t.teardown(() => rm(directory, { recursive: true, force: true }))
      await using installation = await startInstallation({ caddyPath: caddy.path, directory })
      await test(t, installation)
    })
  }
}
