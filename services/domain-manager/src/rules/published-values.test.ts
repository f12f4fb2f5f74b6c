import t from 'tap'
import {
  boundedValues,
  FOUND_VALUE_OCTETS_MAX,
  FOUND_VALUES_MAX,
  quoteValues,
} from './published-values.ts'

t.test('values are kept once each, in order, and no more than a bound', async (t) => {
  t.same(boundedValues(['b', 'a', 'b']), ['a', 'b'])
  const many = Array.from({ length: FOUND_VALUES_MAX + 1 }, (_, index) => `v${100 + index}`)
  t.equal(boundedValues(many.slice(1)).length, FOUND_VALUES_MAX)
  t.equal(boundedValues(many).length, FOUND_VALUES_MAX)
})

t.test('a value is cut at its last whole character within the bound', async (t) => {
  const octetsOf = (value: string) => Buffer.byteLength(boundedValues([value])[0] ?? '')
  for (const character of ['a', 'ü', '€', '😀']) {
    const width = Buffer.byteLength(character)
    const most = Math.floor(FOUND_VALUE_OCTETS_MAX / width)
    t.equal(octetsOf(character.repeat(most)), most * width, character)
    t.equal(octetsOf(character.repeat(most + 1)), most * width, `${character}, one more`)
  }
})

t.test('control characters are written as DNS does', async (t) => {
  t.same(boundedValues(['a\u0000b\n\u007f\u0085']), ['a\\000b\\010\\127\\133'])
  t.equal(boundedValues(['\u0001'.repeat(200)])[0]?.length, FOUND_VALUE_OCTETS_MAX)
  t.same(boundedValues(['fp-1\u200b']), ['fp-1\\226\\128\\139'], 'what nobody sees is shown')
  t.same(boundedValues(['\u202ea\u2028']), ['\\226\\128\\174a\\226\\128\\168'])
})

t.test('a sentence quotes the first values, shortened', async (t) => {
  t.equal(quoteValues(['a', 'b', 'c']), '"a", "b", "c"')
  t.equal(quoteValues(['a', 'b', 'c', 'd', 'e']), '"a", "b", "c" and 2 more')
  t.equal(quoteValues(['x'.repeat(80)]), `"${'x'.repeat(80)}"`)
  t.equal(quoteValues(['x'.repeat(81)]), `"${'x'.repeat(80)}…"`)
})
