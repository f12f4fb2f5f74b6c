import t from 'tap'
import { behaviourOf } from './behaviour.ts'
import { testEachCaddy } from '../support/each-caddy.ts'
import { ALLOW } from './scripted-ask.ts'
import { setStage, STAGE_PROGRAMS } from './stage.ts'

t.jobs = 2

// certmagic starts at most ten orders in ten seconds: more names would measure that.
const NAMES = Array.from({ length: 8 }, (_, index) => `first-${index}.customer.test`)
const PER_NAME = 5

await testEachCaddy(
  `${NAMES.length * PER_NAME} first handshakes at once for ${NAMES.length} permitted names`,
  STAGE_PROGRAMS,
  async (t, program) => {
    // Why an address: without one, and without an account yet, current Caddy may try to register
    // "mailto:default" for one of several first orders, and waits a minute before it tries again.
    await using stage = await setStage(program, { email: 'operator@customer.test' })
    for (const name of NAMES) await stage.dns.setA(name, ['127.0.0.1'])
    stage.ask.script(NAMES, ALLOW)
    const caddy = await stage.startCaddy()
    t.teardown(() => caddy.stop())

    const visitors = NAMES.flatMap((name) => Array<string>(PER_NAME).fill(name))
    const outcomes = await Promise.all(visitors.map((name) => stage.handshake(name)))
    const served = outcomes.filter((outcome) => outcome.kind === 'accepted').length
    t.comment(`${program.name} served ${served} of ${visitors.length}`)

    if (behaviourOf(program.version).failsFirstHandshakesAtOnce) {
      // Why not judged: its limiter refuses another part of them each time.
      t.pass('reported only')
      return
    }
    t.equal(served, visitors.length)
    t.same([...stage.pebble.orders()].toSorted(), NAMES, 'one order per name')
    for (const name of NAMES) t.equal(stage.ask.asks(name), 1, `one ask for ${name}`)
  },
)
