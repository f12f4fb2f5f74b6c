import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { collectingLog } from '../../test/world.ts'
import { DENIALS_PER_SECOND_MAX, DenialLog } from './denial-log.ts'

const FACTS = { decision: 'not_known', reason: 'unknown_hostname' }

t.test('a flood of denials is a bounded number of lines a second, and a count', async (t) => {
  const clock = new FakeClock(1_000_000)
  const { log, lines } = collectingLog()
  const denials = new DenialLog(log, clock)
  for (let index = 0; index < 1_000; index += 1) denials.note(`n${index}.example.com`, FACTS)
  t.equal(lines.length, DENIALS_PER_SECOND_MAX)
  await clock.advance(999)
  denials.note('still.example.com', FACTS)
  t.equal(lines.length, DENIALS_PER_SECOND_MAX)
  await clock.advance(1)
  denials.note('next.example.com', FACTS)
  t.match(lines.at(-1), { hostname: 'next.example.com', ...FACTS, not_logged_before: 981 })
  denials.note('after.example.com', FACTS)
  t.notMatch(lines.at(-1), { not_logged_before: 981 })
})

t.test('a clock that is set back does not silence the log', async (t) => {
  let now = 1_000_000
  const { log, lines } = collectingLog()
  const denials = new DenialLog(log, { now: () => now })
  for (let index = 0; index < 100; index += 1) denials.note('a.example.com', FACTS)
  now -= 90_000_000
  denials.note('b.example.com', FACTS)
  t.equal(lines.at(-1)?.['hostname'], 'b.example.com')
})
