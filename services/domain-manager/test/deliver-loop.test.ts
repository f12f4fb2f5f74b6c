import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { createLogger } from '@fingerpost/chassis/logger'
import type { Delivery } from '@fingerpost/contract/core-api'
import { FakeCore } from '@fingerpost/contract/core-fake'
import type { DeliveryOutcome } from '../src/notify/deliver.ts'
import { DELIVERIES_RUNNING_MAX, runDeliverLoop } from '../src/notify/deliver-loop.ts'

const PAUSE_MS = 1_000
const LOG = createLogger('domain-manager', 'fatal')

t.test('what is due is delivered, and core is asked again when there is nothing', async (t) => {
  const { core, clock, outcomes, give, stop } = given(async () => 'delivered')
  give(3)
  await clock.advance(0)
  t.same(outcomes, ['delivered', 'delivered', 'delivered'])
  const calls = core.calls.claimDeliveries
  await clock.advance(PAUSE_MS - 1)
  t.equal(core.calls.claimDeliveries, calls)
  give(1)
  await clock.advance(1)
  t.equal(outcomes.length, 4)
  await stop()
})

t.test('only so many deliveries run at once, the next one starts when one ends', async (t) => {
  const ends: (() => void)[] = []
  const { clock, outcomes, give, stop } = given(async () => {
    const { promise, resolve } = Promise.withResolvers<DeliveryOutcome>()
    ends.push(() => resolve('retried'))
    return promise
  })
  give(DELIVERIES_RUNNING_MAX + 5)
  await clock.advance(10 * PAUSE_MS)
  t.equal(ends.length, DELIVERIES_RUNNING_MAX)
  ends[0]?.()
  await clock.advance(0)
  t.equal(ends.length, DELIVERIES_RUNNING_MAX + 1)
  t.same(outcomes, ['retried'])
  for (let index = 1; index < DELIVERIES_RUNNING_MAX + 5; index += 1) {
    ends[index]?.()
    await clock.advance(0)
  }
  t.equal(outcomes.length, DELIVERIES_RUNNING_MAX + 5)
  await stop()
})

t.test('core may be away: claiming goes on when it is back', async (t) => {
  const { core, clock, outcomes, give, stop } = given(async () => 'delivered')
  await clock.advance(0)
  core.down()
  give(1)
  await clock.advance(60_000)
  t.same(outcomes, [])
  core.up()
  await clock.advance(10_000)
  t.same(outcomes, ['delivered'])
  await stop()
})

t.test('a delivery that fails unexpectedly ends no other', async (t) => {
  let deliveries = 0
  const { clock, outcomes, give, stop } = given(async () => {
    deliveries += 1
    if (deliveries === 1) throw new Error('a bug')
    return 'delivered'
  })
  give(2)
  await clock.advance(0)
  t.same(outcomes.toSorted(), ['delivered', 'not_recorded'])
  await stop()
})

t.test('a stop waits for what runs and claims nothing more', async (t) => {
  const { promise, resolve } = Promise.withResolvers<DeliveryOutcome>()
  const { core, clock, outcomes, give, stop } = given(() => promise)
  give(1)
  await clock.advance(0)
  const stopped = stop()
  give(1)
  await clock.advance(10 * PAUSE_MS)
  const calls = core.calls.claimDeliveries
  resolve('delivered')
  await stopped
  t.same(outcomes, ['delivered'])
  t.equal(core.calls.claimDeliveries, calls)
})

function given(deliver: (delivery: Delivery) => Promise<DeliveryOutcome>) {
  const clock = new FakeClock()
  const core = new FakeCore({ now: () => clock.now() })
  const outcomes: DeliveryOutcome[] = []
  const aborter = new AbortController()
  const loop = runDeliverLoop(
    { workerId: 'w', claimPauseMs: PAUSE_MS, signal: aborter.signal },
    {
      core,
      deliver,
      onDelivered: (_, outcome) => outcomes.push(outcome),
      clock,
      random: () => 0,
      log: LOG,
    },
  )
  const give = (count: number): void => {
    for (let number = 1; number <= count; number += 1) {
      core.givenDelivery({
        noticeId: `ntc_${number}`,
        event: 'domain.active',
        payload: '{}',
        createdAt: clock.now(),
        attempts: 0,
        to: { kind: 'mail', address: 'ops@example.com' },
      })
    }
  }
  const stop = async (): Promise<void> => {
    aborter.abort()
    await loop
  }
  return { core, clock, outcomes, give, stop }
}
