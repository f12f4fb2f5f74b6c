import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import t from 'tap'
import { AppError, ERROR_CODES } from '@fingerpost/model/errors'
import { createLogger } from './logger.ts'
import {
  answerFrameworkError,
  answerWithProblems,
  PROBLEM_MEDIA_TYPE,
  problemOf,
} from './problem-responses.ts'

function loggerTo(write: (line: string) => void): FastifyBaseLogger {
  return createLogger('test', 'info', { write })
}

function startApp(log?: (line: string) => void): FastifyInstance {
  const app = Fastify({
    bodyLimit: 100,
    ajv: { customOptions: { removeAdditional: false } },
    frameworkErrors: answerFrameworkError,
    ...(log !== undefined && { loggerInstance: loggerTo(log) }),
  })
  answerWithProblems(app)
  const schema = {
    body: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: { name: { type: 'string' } },
    },
    querystring: { type: 'object', properties: { limit: { type: 'integer', maximum: 10 } } },
    headers: { type: 'object', properties: { 'x-count': { type: 'integer' } } },
  }
  app.post('/things', { schema }, async () => ({}))
  app.get('/things/:id', async () => ({}))
  app.get('/app-error', async () => {
    throw new AppError('slug_taken', 'Slug "a" is used.', { facts: { slug: 'a', status: 1 } })
  })
  app.get('/unavailable', async () => {
    throw new AppError('core_unavailable', 'api-core does not answer.')
  })
  app.get('/no-token', async () => {
    throw new AppError('token_missing', 'No token.')
  })
  app.get('/bug', async () => {
    throw new Error('SELECT secret FROM somewhere')
  })
  app.get('/odd', async () => {
    // oxlint-disable-next-line typescript/only-throw-error
    throw 'a string'
  })
  return app
}

const json = { 'content-type': 'application/json' }
const things = { method: 'POST', url: '/things', headers: json } as const

const CASES = [
  { when: 'no body', request: things, code: 'body_not_json' },
  { when: 'broken JSON', request: { ...things, payload: '{"a":' }, code: 'body_not_json' },
  {
    when: 'a prototype in JSON',
    request: { ...things, payload: '{"__proto__":{}}' },
    code: 'body_not_json',
  },
  { when: 'a missing key', request: { ...things, payload: '{}' }, code: 'body_invalid' },
  {
    when: 'an unknown key',
    request: { ...things, payload: '{"name":"a","x":1}' },
    code: 'body_invalid',
  },
  { when: 'JSON null', request: { ...things, payload: 'null' }, code: 'body_invalid' },
  {
    when: 'a body over the limit',
    request: { ...things, payload: `{"name":"${'a'.repeat(100)}"}` },
    code: 'body_too_large',
  },
  {
    when: 'another media type',
    request: { ...things, headers: { 'content-type': 'text/csv' }, payload: 'a' },
    code: 'media_type_unsupported',
  },
  {
    when: 'a broken media type',
    request: { ...things, headers: { 'content-type': ';' }, payload: 'a' },
    code: 'media_type_unsupported',
  },
  {
    when: 'a wrong query',
    request: { ...things, url: '/things?limit=11', payload: '{"name":"a"}' },
    code: 'query_invalid',
  },
  {
    when: 'a wrong header',
    request: { ...things, headers: { ...json, 'x-count': 'x' }, payload: '{"name":"a"}' },
    code: 'header_invalid',
  },
  { when: 'an unknown path', request: { url: '/nothing' }, code: 'path_not_found' },
  { when: 'a path that cannot be decoded', request: { url: '/%zz' }, code: 'path_not_found' },
  {
    when: 'a path with too long a part',
    request: { url: `/things/${'a'.repeat(101)}` },
    code: 'path_not_found',
  },
  { when: 'an error of ours', request: { url: '/app-error' }, code: 'slug_taken' },
  { when: 'a bug', request: { url: '/bug' }, code: 'internal_error' },
  { when: 'a bug that throws no error', request: { url: '/odd' }, code: 'internal_error' },
] as const

for (const { when, request, code } of CASES) {
  t.test(`${when} is answered with the problem ${code}`, async (t) => {
    const app = startApp()
    t.teardown(() => app.close())
    const answer = await app.inject(request)
    const status = ERROR_CODES[code].httpStatus
    t.equal(answer.statusCode, status)
    t.match(answer.headers['content-type'], PROBLEM_MEDIA_TYPE)
    t.match(answer.json(), {
      type: `urn:fingerpost:problem:${code}`,
      title: code.replaceAll('_', ' '),
      status,
      code,
      detail: /^\S.*[^.]\.$/,
    })
  })
}

t.test('a bug tells its detail to the log only', async (t) => {
  const lines: string[] = []
  const app = startApp((line) => lines.push(line))
  t.teardown(() => app.close())
  const answer = await app.inject({ url: '/bug' })
  t.notMatch(answer.body, /SELECT/)
  t.match(
    lines.find((line) => line.includes('request failed unexpectedly')),
    /SELECT secret/,
  )
})

t.test('facts stand beside the standard members and never replace them', async (t) => {
  const app = startApp()
  t.teardown(() => app.close())
  t.match((await app.inject({ url: '/app-error' })).json(), { slug: 'a', status: 409 })
  t.match(problemOf(new AppError('limit_reached', 'Full.', { facts: { limit: 5 } })), {
    status: 409,
    limit: 5,
  })
})

t.test('what can be tried again says when, and a missing token says which', async (t) => {
  const app = startApp()
  t.teardown(() => app.close())
  t.equal((await app.inject({ url: '/unavailable' })).headers['retry-after'], '1')
  t.equal((await app.inject({ url: '/no-token' })).headers['www-authenticate'], 'Bearer')
  t.equal((await app.inject({ url: '/app-error' })).headers['retry-after'], undefined)
})
