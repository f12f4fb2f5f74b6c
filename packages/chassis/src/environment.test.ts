import { join } from 'node:path'
import t from 'tap'
import { Environment, formatAddress, parseAddress } from './environment.ts'
import { StartError } from './start-error.ts'

function problemsOf(
  values: Readonly<Record<string, string>>,
  read: (environment: Environment) => unknown,
): string[] {
  const environment = new Environment(values)
  read(environment)
  try {
    environment.finish(['EDGE_', 'FINGERPOST_'])
    return []
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    return error.message.split('\n').slice(1)
  }
}

t.test('every problem is reported at once, misspelt names included', async (t) => {
  const values = { EDGE_ADDR: 'here', EDGE_WORKERS: 'two', EDGE_ADR: 'x', HOME: '/root' }
  const problems = problemsOf(values, (environment) => {
    environment.address('EDGE_ADDR', '127.0.0.1:8080')
    environment.integer('EDGE_WORKERS', 1, { min: 1, max: 8 })
    environment.problem('EDGE_A and EDGE_B do not go together')
  })
  t.same(problems, [
    '  EDGE_ADDR is "here"; want an address such as "127.0.0.1:8080"',
    '  EDGE_WORKERS is "two"; want a whole number 1..8',
    '  EDGE_A and EDGE_B do not go together',
    '  EDGE_ADR is set but is not a known setting',
  ])
})

t.test(
  'settings of other processes are no misspelt names, but other FINGERPOST_ names are',
  async (t) => {
    t.same(
      problemsOf({ FINGERPOST_CADDY: 'off', FINGERPOST_HTTP_PORT: '1', CORE_X: '1' }, () => {}),
      [],
    )
    t.match(
      problemsOf({ FINGERPOST_CADY: 'off' }, () => {}),
      [/FINGERPOST_CADY is set but/],
    )
  },
)

t.test('an unset or empty variable gives the fallback', async (t) => {
  const environment = new Environment({ EDGE_EMPTY: '' })
  t.equal(environment.text('EDGE_EMPTY'), undefined)
  t.equal(environment.integer('EDGE_EMPTY', 7, { min: 1, max: 8 }), 7)
  t.equal(environment.boolean('EDGE_EMPTY', true), true)
  t.equal(environment.choice('EDGE_EMPTY', 'b', ['a', 'b']), 'b')
  t.same(environment.address('EDGE_EMPTY', '[::1]:80'), { host: '::1', port: 80 })
  t.equal(environment.addressList('EDGE_EMPTY', 53), undefined)
  t.equal(environment.secret('EDGE_EMPTY'), undefined)
  environment.finish(['EDGE_'])
})

const INTEGERS = [
  { text: '1', value: 1 },
  { text: '10', value: 10 },
  { text: '0', value: undefined },
  { text: '11', value: undefined },
  { text: '-1', value: undefined },
  { text: '1.5', value: undefined },
  { text: '1e1', value: undefined },
  { text: '0x5', value: undefined },
  { text: ' 5', value: undefined },
  { text: '5ms', value: undefined },
]
for (const { text, value } of INTEGERS) {
  t.test(`a whole number 1..10 written "${text}" is ${value ?? 'a problem'}`, async (t) => {
    const environment = new Environment({ EDGE_N: text })
    t.equal(environment.integer('EDGE_N', 3, { min: 1, max: 10 }), value ?? 3)
    if (value === undefined) t.throws(() => environment.finish(['EDGE_']), /EDGE_N is "/)
    else t.doesNotThrow(() => environment.finish(['EDGE_']))
  })
}

t.test('a boolean and a choice take only their own words', async (t) => {
  const environment = new Environment({ EDGE_A: 'false', EDGE_B: 'a', EDGE_C: 'yes', EDGE_D: 'A' })
  t.equal(environment.boolean('EDGE_A', true), false)
  t.equal(environment.choice('EDGE_B', 'b', ['a', 'b']), 'a')
  t.equal(environment.boolean('EDGE_C', true), true)
  t.equal(environment.choice('EDGE_D', 'b', ['a', 'b']), 'b')
  t.throws(() => environment.finish(['EDGE_']), /EDGE_C is "yes".*true, false\n.*EDGE_D is "A"/)
})

const ADDRESSES = [
  { text: '127.0.0.1:8080', address: { host: '127.0.0.1', port: 8080 } },
  { text: 'redis.internal:0', address: { host: 'redis.internal', port: 0 } },
  { text: '[::1]:65535', address: { host: '::1', port: 65_535 } },
  { text: '[::1]:65536', address: undefined },
  { text: '::1:80', address: undefined },
  { text: '[127.0.0.1]:80', address: undefined },
  { text: '127.0.0.1', address: undefined },
  { text: ':80', address: undefined },
  { text: 'http://x:80', address: undefined },
  { text: '', address: undefined },
]
for (const { text, address } of ADDRESSES) {
  t.test(`the address "${text}" is ${address === undefined ? 'refused' : 'read'}`, async (t) => {
    const parsed = parseAddress(text)
    t.same(parsed, address)
    if (parsed !== undefined) t.equal(formatAddress(parsed), text)
  })
}

t.test('a list of addresses takes IP addresses only, and fills in the port', async (t) => {
  const environment = new Environment({ EDGE_L: '192.0.2.1, [2001:db8::1]:5353,2001:db8::2' })
  t.same(environment.addressList('EDGE_L', 53), [
    { host: '192.0.2.1', port: 53 },
    { host: '2001:db8::1', port: 5353 },
    { host: '2001:db8::2', port: 53 },
  ])
  const problems = problemsOf({ EDGE_L: 'dns.example:53,,192.0.2.1' }, (environment) =>
    environment.addressList('EDGE_L', 53),
  )
  t.match(problems, [/EDGE_L contains "dns.example:53"/, /EDGE_L contains ""/])
})

t.test('a secret comes from its variable or from its file, and is never shown', async (t) => {
  const folder = t.testdir({ good: 'hunter2hunter2\n', empty: '\n' })
  const values = {
    EDGE_A: 'swordfish',
    EDGE_B_FILE: join(folder, 'good'),
    EDGE_C: 'swordfish',
    EDGE_C_FILE: join(folder, 'good'),
    EDGE_D_FILE: join(folder, 'absent'),
    EDGE_E_FILE: join(folder, 'empty'),
  }
  const environment = new Environment(values)
  t.equal(environment.secret('EDGE_A'), 'swordfish')
  t.equal(environment.secret('EDGE_B'), 'hunter2hunter2')
  for (const name of ['EDGE_C', 'EDGE_D', 'EDGE_E']) environment.secret(name)
  try {
    environment.finish(['EDGE_'])
    t.fail('the problems were not reported')
  } catch (error) {
    const message = String(error)
    t.match(message, /EDGE_C and EDGE_C_FILE are both set/)
    t.match(message, /EDGE_D_FILE is ".*absent", which cannot be read: ENOENT/)
    t.match(message, /EDGE_E_FILE is ".*empty", which is empty/)
    t.notMatch(message, /swordfish|hunter/)
  }
})

t.test('a secret file that is not a file is a problem, not a crash', async (t) => {
  const folder = t.testdir({})
  t.match(
    problemsOf({ EDGE_A_FILE: folder }, (environment) => environment.secret('EDGE_A')),
    [/EDGE_A_FILE is ".*", which cannot be read: EISDIR/],
  )
})
