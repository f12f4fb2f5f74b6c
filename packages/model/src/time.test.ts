import t from 'tap'
import { describeInstant } from './time.ts'

t.test('an instant is written to the second, with its zone', async (t) => {
  t.equal(describeInstant(0), '1970-01-01 00:00:00 UTC')
  t.equal(describeInstant(1_893_553_445_999), '2030-01-02 03:04:05 UTC')
})
