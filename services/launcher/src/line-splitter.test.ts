import t from 'tap'
import { LINE_LENGTH_MAX, LineSplitter } from './line-splitter.ts'

function linesOf(...chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((line) => lines.push(line))
  for (const chunk of chunks) splitter.write(Buffer.from(chunk))
  splitter.end()
  return lines
}

t.test('lines come whole, however the bytes were cut', async (t) => {
  t.same(linesOf('a', 'b\nc', '\r\n', '\n\nd'), ['ab', 'c', 'd'])
  const bytes = Buffer.from('ä\n€')
  t.same(linesOf(...Array.from(bytes, (byte) => Buffer.of(byte))), ['ä', '€'])
})

t.test('a line that does not end is cut off, and the next one is whole', async (t) => {
  const lines = linesOf('x'.repeat(LINE_LENGTH_MAX), 'y'.repeat(5), 'z\nnext\n')
  t.same(
    lines.map((line) => line.length),
    [LINE_LENGTH_MAX, 4],
  )
  t.equal(lines[1], 'next')
})

t.test('a line of exactly the longest length is whole', async (t) => {
  const line = `${'x'.repeat(LINE_LENGTH_MAX - 1)}y`
  t.same(linesOf(`${line}\n`), [line])
})
