// The launcher's own main, but with fakes in place of the services, and without Caddy.
import { fileURLToPath } from 'node:url'
import { runService } from '@fingerpost/chassis/lifecycle'
import { createLogger } from '@fingerpost/chassis/logger'
import { readLauncherConfig } from '../../src/config.ts'
import { createLogOutput } from '../../src/log-output.ts'
import { startLauncher } from '../../src/start.ts'

const fake = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const output = createLogOutput(process.stdout)
const log = createLogger('launcher', 'info', {
  write: (line) => output.writeLine('launcher', line),
})
const hurry = new AbortController()

await runService(
  (signal) =>
    startLauncher(readLauncherConfig(process.env), {
      programs: {
        mains: {
          'api-core': fake('api-core.ts'),
          ask: fake('ask.ts'),
          'domain-manager': fake('domain-manager.ts'),
          edge: fake('edge.ts'),
        },
        caddyfile: fake('Caddyfile'),
      },
      caddy: { kind: 'off' },
      limits: { startMsMax: Number(process.env['FAKE_START_MS_MAX'] ?? 3_000), leftoverMsMax: 500 },
      output,
      log,
      signal,
      hurry: hurry.signal,
    }),
  { log: () => log, stopMsMax: 6_000, onSignalAgain: () => hurry.abort() },
)
