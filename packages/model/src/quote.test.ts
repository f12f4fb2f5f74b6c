import t from 'tap'
import { quoted, QUOTED_LENGTH_MAX } from './quote.ts'

const CASES: readonly (readonly [text: string, shown: string])[] = [
  ['', '""'],
  ['links.example.com', '"links.example.com"'],
  ['a "b" \\ c', '"a \\"b\\" \\\\ c"'],
  ['caf\u00e9 \u65e5\u672c \u{1f680}', '"caf\u00e9 \u65e5\u672c \u{1f680}"'],
  ['a\nb\0', '"a\\nb\\u0000"'],
  ['\u001b[2J', '"\\u001b[2J"'],
  ['\u007f\u009b', '"\\u{7f}\\u{9b}"'],
  ['\u202e\u2066', '"\\u{202e}\\u{2066}"'],
  ['\u200b\u00ad\ufeff\ufe0f', '"\\u{200b}\\u{ad}\\u{feff}\\u{fe0f}"'],
  ['\u2028\u2029', '"\\u{2028}\\u{2029}"'],
  ['\u00a0\u3000', '"\\u{a0}\\u{3000}"'],
  ['\ue000\ud800', '"\\u{e000}\\ud800"'],
]

t.test('what cannot be seen is escaped', async (t) => {
  for (const [text, shown] of CASES) t.equal(quoted(text), shown)
})

t.test('a long text is cut', async (t) => {
  t.equal(quoted('x'.repeat(QUOTED_LENGTH_MAX)), `"${'x'.repeat(QUOTED_LENGTH_MAX)}"`)
  t.equal(quoted('x'.repeat(QUOTED_LENGTH_MAX + 1)), `"${'x'.repeat(QUOTED_LENGTH_MAX)}…"`)
})
