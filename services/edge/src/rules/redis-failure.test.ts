import t from 'tap'
import { describeRedisFailure } from './redis-failure.ts'

const SECRET = 'a-secret'
const COMMAND = { name: 'auth', args: ['edge', SECRET] }
const UNKNOWN = `ERR unknown command 'AUTH', with args beginning with: 'edge' '${SECRET}' `

const refused = Object.assign(new Error('WRONGPASS invalid'), { command: COMMAND })
const renamed = Object.assign(new Error(UNKNOWN), { name: 'ReplyError', command: COMMAND })
const unreachable = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const cluster = Object.assign(new Error('Failed to refresh slots cache.'), {
  lastNodeError: refused,
})

const CASES: readonly (readonly [error: unknown, said: object])[] = [
  [refused, { name: 'Error', code: undefined, message: 'WRONGPASS invalid' }],
  [renamed, { name: 'ReplyError', code: undefined, message: "ERR unknown command 'AUTH'" }],
  [unreachable, { name: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' }],
  [
    cluster,
    {
      name: 'Error',
      code: undefined,
      message: 'Failed to refresh slots cache.',
      node: { name: 'Error', code: undefined, message: 'WRONGPASS invalid' },
    },
  ],
  [
    Object.assign(new Error('odd'), { code: 7 }),
    { name: 'Error', code: undefined, message: 'odd' },
  ],
  [Object.assign(new Error('x'), { lastNodeError: null }), { name: 'Error', message: 'x' }],
  [SECRET, { name: 'string', code: undefined, message: '' }],
]

for (const [error, said] of CASES) {
  t.test(`of ${String(error).slice(0, 30)} only ${JSON.stringify(said)} is told`, async (t) => {
    t.match(describeRedisFailure(error), said)
    t.notMatch(JSON.stringify(describeRedisFailure(error)), SECRET)
  })
}
