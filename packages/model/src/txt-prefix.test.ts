import t from 'tap'
import { isTxtPrefix, TXT_PREFIX_DEFAULT } from './txt-prefix.ts'

const GOOD = [TXT_PREFIX_DEFAULT, '_a', '_0', '_a-b', `_${'a'.repeat(62)}`]
const BAD = ['', '_', 'a', '_A', '_-a', '_a-', '_a.b', '_a_b', `_${'a'.repeat(63)}`, ' _a']

for (const text of GOOD) {
  t.test(`"${text}" is a label for the TXT record`, async (t) => t.equal(isTxtPrefix(text), true))
}
for (const text of BAD) {
  t.test(`"${text}" is none`, async (t) => t.equal(isTxtPrefix(text), false))
}
