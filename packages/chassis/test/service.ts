// A process for lifecycle.test.ts: behaves as its argument says and writes what happens to it.
import { onHangUp, runService } from '../src/lifecycle.ts'
import { createLogger } from '../src/logger.ts'
import { StartError } from '../src/start-error.ts'

const behaviour = process.argv[2] ?? ''
const say = (word: string): void => void process.stdout.write(`${word}\n`)
const never = new Promise<never>(() => {})
// Keeps the process alive, as a listener does.
const handle = setInterval(() => {}, 60_000)

async function start(signal: AbortSignal): Promise<AsyncDisposable> {
  if (behaviour === 'start-error') throw new StartError('The address is taken.')
  if (behaviour === 'bug') throw new Error('a bug')
  say('starting')
  if (behaviour === 'hanging-start') await never
  if (behaviour === 'hang-up') onHangUp(() => say('hung up'))
  if (behaviour === 'early-end') {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    signal.throwIfAborted()
  }
  say('started')
  return {
    async [Symbol.asyncDispose]() {
      say('stopping')
      if (behaviour === 'hanging-stop' || behaviour === 'slow-stop') await never
      if (behaviour === 'failing-stop') throw new Error('cannot stop')
      clearInterval(handle)
    },
  }
}

await runService(start, {
  log: () => createLogger('test', 'info'),
  stopMsMax: behaviour.startsWith('hanging') ? 100 : 60_000,
  onSignalAgain: () => {
    say('again')
    process.exit(3)
  },
})
