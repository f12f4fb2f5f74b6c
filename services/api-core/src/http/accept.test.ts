import t from 'tap'
import { prefersText } from './accept.ts'

const CASES: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['text/plain', true],
  ['TEXT/PLAIN; charset=utf-8', true],
  ['text/*', true],
  ['text/plain, application/json', false],
  ['text/plain;q=0.9, application/json;q=0.8', true],
  ['text/plain;q=0.8, application/json;q=0.9', false],
  ['text/plain, */*;q=0.1', true],
  ['text/plain;q=0, */*', false],
  ['text/plain;q=2', false],
  ['text/plain;q=x', false],
  ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  [`${'a/b,'.repeat(32)}text/plain`, false],
]

for (const [accept, isText] of CASES) {
  t.test(`${accept?.slice(0, 60)} gets ${isText ? 'text' : 'JSON'}`, async (t) => {
    t.equal(prefersText(accept), isText)
  })
}
