import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { adaptCaddyfile, caddyEnvironment, type Caddy } from '../support/caddy.ts'
import { eventually } from '../support/eventually.ts'
import { behaviourOf, serialOf, verdictOf } from './behaviour.ts'
import { testEachCaddy } from '../support/each-caddy.ts'
import { ALLOW, DENY, type AskScript } from './scripted-ask.ts'
import { setStage, STAGE_PROGRAMS, type Stage } from './stage.ts'

t.jobs = 4

const FAIL: AskScript = { kind: 'answers', status: 500, afterMs: 0 }
const FAIL_SLOWLY: AskScript = { kind: 'answers', status: 500, afterMs: 500 }
const SLOW_MS = 2_000
const SLOW: AskScript = { kind: 'answers', status: 200, afterMs: SLOW_MS }
const SILENT: AskScript = { kind: 'never_answers' }

const DOWN_NAME = 'down.customer.test'
const SCRIPTED = {
  denies: { hostname: 'denies.customer.test', script: DENY },
  fails: { hostname: 'fails.customer.test', script: FAIL },
  'is slow': { hostname: 'slow.customer.test', script: SLOW },
  'is silent': { hostname: 'silent.customer.test', script: SILENT },
} as const
const NAMES = [DOWN_NAME, ...Object.values(SCRIPTED).map(({ hostname }) => hostname)]
const UNKNOWN_NAME = 'unknown.customer.test'

// One at a time: Caddy 2.6.2 fails some of several first handshakes at once, whatever ask says.
async function issueAll(stage: Stage): Promise<ReadonlyMap<string, string>> {
  stage.ask.script(NAMES, ALLOW)
  const serials = new Map<string, string>()
  for (const name of NAMES) {
    await stage.dns.setA(name, ['127.0.0.1'])
    serials.set(name, serialOf(await stage.handshake(name)))
  }
  return serials
}

await testEachCaddy(
  'ask and certificates in memory, and in storage after a restart',
  STAGE_PROGRAMS,
  async (t, program) => {
    const expected = behaviourOf(program.version)
    await using stage = await setStage(program)
    const { ask, pebble } = stage
    let caddy = await stage.startCaddy()
    t.teardown(() => caddy.stop())
    const serials = await issueAll(stage)
    const serial = async (name: string) => serialOf(await stage.handshake(name))
    const isSameFor = async (t: Test, name: string) =>
      t.equal(await serial(name), serials.get(name), `${name} has the certificate it had`)

    await t.test(
      'a first handshake waits for one order, by HTTP-01, for a P-256 key',
      async (t) => {
        t.same(pebble.orders(), NAMES)
        t.same(pebble.challenges(), { http01: NAMES.length, other: 0 })
        const outcome = await stage.handshake(DOWN_NAME)
        t.match(outcome, { certificate: { keyType: 'ec prime256v1', issuer: /Pebble/ } })
      },
    )

    await t.test('a certificate in memory is served without ask, whatever ask says', async (t) => {
      ask.script(NAMES, DENY)
      for (const name of NAMES) await isSameFor(t, name)
      for (const name of NAMES)
        t.equal(ask.asks(name), 1, `${name} was asked for once, at issuance`)
      t.equal(pebble.orders().length, NAMES.length)
    })

    await t.test('every handshake for an unknown name is one ask and no order', async (t) => {
      for (const times of [1, 2, 3]) {
        const outcome = await stage.handshake(UNKNOWN_NAME)
        t.match(outcome, { kind: 'alert', alert: 'internal error' })
        t.equal(ask.asks(UNKNOWN_NAME), times)
      }
      t.equal(pebble.orders().length, NAMES.length)
    })

    await t.test('handshakes at once for one refused name', async (t) => {
      const name = 'refused.customer.test'
      ask.script([name], FAIL_SLOWLY)
      const outcomes = await Promise.all([1, 2, 3].map(() => stage.handshake(name)))
      t.same(outcomes.map(verdictOf), ['refused', 'refused', 'refused'])
      t.equal(ask.asks(name), expected.asksForThreeRefusedAtOnce)
    })

    await caddy.stop()
    await ask.goDown()
    caddy = await stage.startCaddy()

    await t.test('after a restart with ask down', async (t) => {
      t.equal(verdictOf(await stage.handshake(DOWN_NAME)), expected.afterRestart['is down'])
      await ask.comeBack()
      ask.script([DOWN_NAME], ALLOW)
      await isSameFor(t, DOWN_NAME)
    })

    await t.test('after a restart with ask up, but not as it should be', async (t) => {
      const seen = await Promise.all(
        Object.entries(SCRIPTED).map(async ([mode, { hostname, script }]) => {
          ask.script([hostname], script)
          const outcome = await stage.handshake(hostname)
          return { mode, verdict: verdictOf(outcome), waited: outcome.durationMs >= SLOW_MS }
        }),
      )
      for (const { mode, verdict, waited } of seen) {
        t.has(expected.afterRestart, { [mode]: verdict }, `when ask ${mode}: ${verdict}`)
        const isHeldUp = expected.handshakeWaitsForAsk && ['is slow', 'is silent'].includes(mode)
        t.equal(waited, isHeldUp, `when ask ${mode}: the handshake waits for it or not`)
      }
      ask.script(NAMES, ALLOW)
      for (const name of NAMES) await isSameFor(t, name)
    })

    await t.test('none of this made an order', async (t) => {
      t.equal(pebble.orders().length, NAMES.length)
    })
  },
)

// Caddy counts the last 50 minutes of any certificate as its renewal window.
const WINDOW_S = 3_000
const BEFORE_WINDOW_S = 5

async function startWithShortWayToTheWindow(stage: Stage): Promise<Caddy> {
  const { caddyOptions: options } = stage
  const adapted = await adaptCaddyfile(options.path, caddyEnvironment(options))
  const ratio = WINDOW_S / (WINDOW_S + BEFORE_WINDOW_S)
  const config = adapted.replace(
    '"automation":{"policies":[{',
    `"automation":{"policies":[{"renewal_window_ratio":${ratio},`,
  )
  if (config === adapted) throw new Error('The adapted Caddyfile has no place for the ratio.')
  const configFile = join(stage.directory, 'short-way-to-the-window.json')
  await writeFile(configFile, config)
  return stage.startCaddy({ configFile })
}

await testEachCaddy(
  'ask and the renewal of a certificate that is still valid',
  STAGE_PROGRAMS,
  async (t, program) => {
    const expected = behaviourOf(program.version)
    const certificateLifetimeS = WINDOW_S + BEFORE_WINDOW_S
    await using stage = await setStage(program, { certificateLifetimeS })
    const { ask, pebble } = stage
    const caddy = await startWithShortWayToTheWindow(stage)
    t.teardown(() => caddy.stop())

    const serials = await issueAll(stage)
    const windowAt = Date.now() + (BEFORE_WINDOW_S + 1) * 1_000
    const serial = async (name: string) => serialOf(await stage.handshake(name))
    const isSameFor = async (t: Test, name: string) =>
      t.equal(await serial(name), serials.get(name), `${name} has the certificate it had`)
    const isRenewed = async (t: Test, name: string) => {
      const changed = async () => (await serial(name)) !== serials.get(name)
      const what = `${name} is renewed`
      t.ok(await eventually(what, changed, { withinMs: 20_000 }), what)
    }
    const isRefusedRenewal = (name: string) =>
      caddy.waitForLine(new RegExp(`should not be obtained.*"${name}"`), { withinMs: 20_000 })

    await eventually('the renewal window', () => Date.now() > windowAt, { withinMs: 10_000 })
    t.equal(pebble.orders().length, NAMES.length)
    for (const { hostname, script } of Object.values(SCRIPTED)) ask.script([hostname], script)

    await t.test('the first handshake in the window is served whatever ask does', async (t) => {
      for (const { hostname } of Object.values(SCRIPTED)) await isSameFor(t, hostname)
    })
    await t.test('a slow yes renews', (t) => isRenewed(t, SCRIPTED['is slow'].hostname))

    for (const mode of ['fails', 'denies', 'is silent'] as const) {
      const { hostname } = SCRIPTED[mode]
      await t.test(`after the renewal's ask, when it ${mode}`, async (t) => {
        await isRefusedRenewal(hostname)
        const outcome = await stage.handshake(hostname)
        t.equal(verdictOf(outcome), expected.afterFailedRenewalAsk)
      })
    }
    await t.test("after the renewal's ask, when it is down", async (t) => {
      await ask.goDown()
      await isSameFor(t, DOWN_NAME)
      await isRefusedRenewal(DOWN_NAME)
      t.equal(verdictOf(await stage.handshake(DOWN_NAME)), expected.afterFailedRenewalAsk)
    })
    await t.test('once ask is back, the old certificate is served and then renewed', async (t) => {
      await ask.comeBack()
      ask.script(NAMES, ALLOW)
      for (const name of NAMES) {
        if (name !== SCRIPTED['is slow'].hostname) await isSameFor(t, name)
        await isRenewed(t, name)
      }
    })
  },
)
