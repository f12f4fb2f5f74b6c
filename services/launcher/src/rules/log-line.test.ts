import t from 'tap'
import {
  escapeControls,
  readLogLine,
  TEXT_LENGTH_MAX,
  toJsonLine,
  toReadableLine,
} from './log-line.ts'

const NOW = '2026-11-20T12:00:00.000Z'

t.test('a line of ours keeps its level, time, service, message and fields', async (t) => {
  const line = {
    level: 'warn',
    time: '2026-11-20T11:22:33.444Z',
    service: 'edge',
    ports: { http: 8080 },
    message: 'started',
  }
  const record = readLogLine(JSON.stringify(line), 'other', NOW)
  t.same(JSON.parse(toJsonLine(record)), line)
  t.same(toReadableLine(record), {
    time: '11:22:33',
    level: 'warn',
    service: 'edge',
    text: 'started  ports.http=8080',
  })
})

t.test("a line of Caddy's is told in our words", async (t) => {
  const line = '{"level":"info","ts":1763637753.5,"logger":"tls","msg":"obtained","identifier":"a"}'
  const record = readLogLine(line, 'caddy', NOW)
  t.same(JSON.parse(toJsonLine(record)), {
    level: 'info',
    time: '2025-11-20T11:22:33.500Z',
    service: 'caddy',
    logger: 'tls',
    identifier: 'a',
    message: 'obtained',
  })
})

const PLAIN = ['Error: no', '    at file.ts:1:2', '"text"', '[1]', 'null', '{"a":', '']
for (const line of PLAIN) {
  t.test(`the line ${JSON.stringify(line)} becomes a JSON line around it`, async (t) => {
    t.same(JSON.parse(toJsonLine(readLogLine(line, 'edge', NOW))), {
      level: 'warn',
      time: NOW,
      service: 'edge',
      text: line,
      message: 'output',
    })
  })
}

const ODD = [
  '{}',
  '{"level":30,"time":1,"service":2,"msg":3}',
  '{"ts":1e300}',
  '{"ts":"soon","message":{"a":1}}',
]
for (const line of ODD) {
  t.test(`${line} reads as a line with what can be told`, async (t) => {
    const record = readLogLine(line, 'edge', NOW)
    t.match(record, { time: NOW, level: 'info', service: 'edge', message: '' })
    t.doesNotThrow(() => toReadableLine(record))
  })
}

t.test(
  'fields are flat, without empty ones and settings, and an error is its message',
  async (t) => {
    const line = JSON.stringify({
      message: 'failed',
      error: { message: 'no route', stack: 'Error: no route\n at x' },
      servers: ['a', 'b'],
      config: { dataDir: 'data' },
      core: { address: { port: 1 }, none: null },
      ready: false,
    })
    t.equal(
      toReadableLine(readLogLine(line, 'edge', NOW)).text,
      'failed  error=no route  servers=["a","b"]  core.address.port=1  ready=false',
    )
  },
)

t.test('nothing from outside reaches the terminal as a control character', async (t) => {
  const hostile = 'a\u001B[2J\r\n\u0000\u007F\u009B31m\u202Eb\u2028'
  const line = JSON.stringify({ level: hostile, service: hostile, time: hostile, message: hostile })
  const readable = toReadableLine(readLogLine(line, 'edge', NOW))
  for (const part of Object.values(readable)) t.notMatch(part, /[\p{Cc}\p{Cf}\u2028]/u)
  t.equal(
    escapeControls(hostile),
    'a\\u{1b}[2J\\u{d}\\u{a}\\u{0}\\u{7f}\\u{9b}31m\\u{202e}b\\u{2028}',
  )
  const json = toJsonLine(readLogLine(line, 'edge', NOW))
  t.notMatch(json, /\p{Cc}/u)
})

t.test('a line for people has a longest length', async (t) => {
  const textOf = (length: number): string =>
    toReadableLine(readLogLine('x'.repeat(length), 'edge', NOW)).text
  const room = TEXT_LENGTH_MAX - 'output  '.length
  t.equal(textOf(room).length, TEXT_LENGTH_MAX)
  t.notMatch(textOf(room), /…/)
  t.equal(textOf(room + 1).length, TEXT_LENGTH_MAX)
  t.match(textOf(room + 1), /x…$/)
})

t.test('a field that is null is left out of what a person reads', async (t) => {
  const record = readLogLine('{"message":"checked","found":null,"count":0}', 'edge', NOW)
  t.equal(toReadableLine(record).text, 'checked  count=0')
})

t.test('a field that is text stands as it is', async (t) => {
  const record = readLogLine('{"message":"checked","hostname":"a.example.com"}', 'edge', NOW)
  t.equal(toReadableLine(record).text, 'checked  hostname=a.example.com')
})
