import { existsSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

function check(env: Readonly<Record<string, string>>) {
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env }, encoding: 'utf8' } as const
  return spawnSync(process.execPath, [MAIN, '--check-config'], options)
}

t.test('settings that are in order end with 0, and nothing is started', async (t) => {
  const dataDir = join(t.testdir({}), 'data')
  const { status, stdout, stderr } = check({ FINGERPOST_DATA_DIR: dataDir, EDGE_ADDR: '[::1]:0' })
  t.equal(status, 0)
  t.equal(stderr, '')
  t.match(stdout, /every setting is in order/)
  t.notOk(existsSync(dataDir))
})

t.test('the problems of every process are named, each once', async (t) => {
  const { status, stderr } = check({
    FINGERPOST_DATA_DIR: t.testdir({}),
    FINGERPOST_HTTP_PORT: 'eighty',
    FINGERPOST_LOG_LEVEL: 'loud',
    EDGE_L1_TTL: '5',
    CORE_HTTP_ADDR: 'here',
    DOMAINS_GRACE_MS: '-1',
  })
  t.equal(status, 1)
  const lines = stderr.trimEnd().split('\n')
  t.equal(lines[0], 'Bad configuration:')
  t.match(lines.slice(1).toSorted(), [
    /^ {2}CORE_HTTP_ADDR is "here"/,
    /^ {2}DOMAINS_GRACE_MS is "-1"/,
    /^ {2}EDGE_L1_TTL is set but is not a known setting/,
    /^ {2}FINGERPOST_HTTP_PORT is "eighty"/,
    /^ {2}FINGERPOST_LOG_LEVEL is "loud"/,
  ])
  t.equal(lines.length, 6)
})
