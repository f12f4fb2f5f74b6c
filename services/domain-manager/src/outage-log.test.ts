import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { AppError } from '@fingerpost/model/errors'
import { collectingLog } from '../test/world.ts'
import { OutageLog, QUIET_MS } from './outage-log.ts'

t.test('an outage is one line at its start and one at its end', async (t) => {
  const { log, lines } = collectingLog()
  const clock = new FakeClock()
  const outage = new OutageLog(log, 'trying', clock)
  outage.succeeded()
  for (let index = 0; index < 5; index += 1) {
    outage.failed(new AppError('core_unavailable', 'Core cannot be reached.'))
    await clock.advance(QUIET_MS / 3)
  }
  outage.succeeded()
  outage.succeeded()
  const said = lines.filter(({ level }) => level !== 'debug')
  t.match(said, [
    { level: 'warn', what: 'trying', error_code: 'core_unavailable', failures: 4 },
    { level: 'info', what: 'trying', failures: 5, message: 'works again' },
  ])
  t.equal(said.length, 2)
})

t.test('failures are not worth a line before they have gone on for a while', async (t) => {
  const { log, lines } = collectingLog()
  const clock = new FakeClock()
  const outage = new OutageLog(log, 'trying', clock)
  const unavailable = new AppError('core_unavailable', 'Core cannot be reached.')
  for (let index = 0; index < 100; index += 1) outage.failed(unavailable)
  await clock.advance(QUIET_MS - 1)
  outage.failed(unavailable)
  outage.succeeded()
  await clock.advance(1)
  outage.failed(unavailable)
  outage.succeeded()
  t.same(
    lines.filter(({ level }) => level !== 'debug'),
    [],
  )
})

t.test('what was not expected is reported each time, with its stack', async (t) => {
  const { log, lines } = collectingLog()
  const outage = new OutageLog(log, 'trying', new FakeClock())
  outage.failed(new TypeError('a bug'))
  outage.failed(new TypeError('a bug'))
  t.match(lines, [{ level: 'error', error: { stack: /a bug/ } }, { level: 'error' }])
})
