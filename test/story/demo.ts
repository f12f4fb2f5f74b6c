import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { findCaddies, type CaddyProgram } from '../support/caddies.ts'
import { PEBBLE_PROGRAMS } from '../support/pebble.ts'
import { missingPrograms } from '../support/program.ts'
import { SCRIPTED_DNS_PROGRAMS } from '../support/scripted-dns.ts'
import { startInstallation } from './installation.ts'
import { playStory, type Listener } from './story.ts'

/** Tells a domain's whole life on the terminal, with a DNS and a CA of its own. */
async function demo(): Promise<void> {
  const caddy = await bestCaddy()
  const missing = missingPrograms([...PEBBLE_PROGRAMS, ...SCRIPTED_DNS_PROGRAMS])
  if (caddy === undefined || missing !== false) {
    throw new Error(
      `The demo needs Caddy and Pebble (${missing || 'no Caddy found'}). ` +
        'On Debian: apt-get install caddy pebble openssl',
    )
  }
  const directory = await mkdtemp(join(tmpdir(), 'fingerpost-demo-'))
  const teller = new Teller()
  try {
    teller.chapter('Everything starts, on free ports of this machine')
    await using installation = await startInstallation({ caddy, directory })
    teller.tell(
      `DNS, an ACME certificate authority, api-core, domain-manager, edge, ${caddy.name}.`,
    )
    await playStory(installation, teller)
    teller.table()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function bestCaddy(): Promise<CaddyProgram | undefined> {
  const found = (await findCaddies()).filter((caddy) => caddy.kind === 'found')
  // The current one stands last.
  return found.at(-1)
}

class Teller implements Listener {
  readonly #startedAt = performance.now()
  readonly #timings: { readonly what: string; readonly durationMs: number }[] = []

  chapter(title: string): void {
    process.stdout.write(`\n${styleText('bold', title)}\n`)
  }

  tell(sentence: string): void {
    const atS = ((performance.now() - this.#startedAt) / 1000).toFixed(1)
    process.stdout.write(`${styleText('dim', `${atS.padStart(6)} s`)}  ${sentence}\n`)
  }

  timed(what: string, durationMs: number): void {
    this.#timings.push({ what, durationMs })
  }

  table(): void {
    this.chapter('How long it took')
    for (const { what, durationMs } of this.#timings) {
      process.stdout.write(`  ${what.padEnd(44)}${formatMs(durationMs).padStart(10)}\n`)
    }
  }
}

function formatMs(durationMs: number): string {
  return durationMs < 1000 ? `${durationMs.toFixed(0)} ms` : `${(durationMs / 1000).toFixed(2)} s`
}

await demo()
