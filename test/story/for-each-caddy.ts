import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { testEachCaddy } from '../support/each-caddy.ts'
import { PEBBLE_PROGRAMS } from '../support/pebble.ts'
import { SCRIPTED_DNS_PROGRAMS } from '../support/scripted-dns.ts'
import { startInstallation, type Installation } from './installation.ts'

/** Runs a test against a fresh installation for every Caddy that Fingerpost has to serve. */
export function forEachCaddy(
  behaviour: string,
  test: (t: Test, installation: Installation) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const programs = [...PEBBLE_PROGRAMS, ...SCRIPTED_DNS_PROGRAMS]
  return testEachCaddy(behaviour, programs, async (t, caddy) => {
    const directory = await mkdtemp(join(tmpdir(), 'fingerpost-story-'))
    t.teardown(() => rm(directory, { recursive: true, force: true }))
    await using installation = await startInstallation({ caddy, directory, settings })
    await test(t, installation)
  })
}
