import t from 'tap'
import { createLogger, type LogLevel, type Logger } from './logger.ts'

type Line = Readonly<Record<string, unknown>>

function logged(
  write: (log: Logger) => void,
  level: LogLevel = 'info',
): { text: string; lines: Line[] } {
  let text = ''
  write(createLogger('edge', level, { write: (chunk) => void (text += chunk) }))
  const lines = text.split('\n').slice(0, -1)
  return { text, lines: lines.map((line) => JSON.parse(line) as Line) }
}

t.test('a line is one JSON object with level, time, service and message', async (t) => {
  const { lines } = logged((log) => log.info({ ports: { http: 8080 } }, 'started'))
  t.match(lines, [
    {
      level: 'info',
      service: 'edge',
      message: 'started',
      ports: { http: 8080 },
      time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    },
  ])
  t.same(Object.keys(lines[0] ?? {}).toSorted(), ['level', 'message', 'ports', 'service', 'time'])
})

t.test('lines below the level are not written', async (t) => {
  const { lines } = logged((log) => {
    log.info('no')
    log.warn('yes')
  }, 'warn')
  t.match(lines, [{ message: 'yes' }])
})

t.test('secrets are replaced down to two levels', async (t) => {
  const { text, lines } = logged((log) =>
    log.info(
      {
        token: 'hunter2',
        config: { secret: 'hunter2', database: { password: 'hunter2' } },
        request: { headers: { authorization: 'Bearer hunter2' } },
        hostname: 'links.example.com',
      },
      'settings',
    ),
  )
  t.notMatch(text, /hunter2/)
  t.match(lines, [
    {
      token: '[redacted]',
      config: { secret: '[redacted]', database: { password: '[redacted]' } },
      request: { headers: { authorization: '[redacted]' } },
      hostname: 'links.example.com',
    },
  ])
})

t.test('an error is written with its message, its code and its cause', async (t) => {
  const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'ECODE' })
  for (const write of [
    (log: Logger) => log.error({ error }, 'failed'),
    (log: Logger) => log.error(error, 'failed'),
  ]) {
    const { lines } = logged(write)
    t.match(lines, [
      { message: 'failed', error: { code: 'ECODE', message: /outer/, stack: /inner/ } },
    ])
  }
})

t.test('what a visitor sent cannot break out of its field or its line', async (t) => {
  const hostname = 'a"\n{"level":"fatal"}\r\u001B[31m\u0000\u2028'
  const { text, lines } = logged((log) => log.info({ hostname }, 'unknown hostname'))
  t.equal(lines.length, 1)
  t.equal(lines[0]?.['hostname'], hostname)
  t.notMatch(text.slice(0, -1), /\p{Cc}/u)
})
