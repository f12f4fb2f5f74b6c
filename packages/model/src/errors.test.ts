import t from 'tap'
import { AppError, ERROR_CODES, isErrorCode } from './errors.ts'

// The gRPC statuses that go with an HTTP status. 3 invalid argument, 4 deadline
// exceeded, 5 not found, 6 already exists, 7 permission denied, 8 resource
// exhausted, 10 aborted, 12 unimplemented, 13 internal, 14 unavailable,
// 16 unauthenticated.
const GRPC_STATUSES: Readonly<Record<number, readonly number[]>> = {
  400: [3],
  401: [16],
  403: [7],
  404: [5, 12],
  405: [12],
  409: [6, 8, 9, 10],
  413: [3],
  415: [3],
  422: [3],
  429: [8],
  500: [13],
  503: [4, 8, 14],
  504: [4],
  507: [8],
}

t.test('every code is snake_case and means the same at both boundaries', async (t) => {
  for (const [code, { httpStatus, grpcStatus }] of Object.entries(ERROR_CODES)) {
    t.match(code, /^[a-z]+(?:_[a-z]+)*$/)
    t.ok(GRPC_STATUSES[httpStatus]?.includes(grpcStatus), `${code}: ${httpStatus}, ${grpcStatus}`)
  }
})

t.test('what is overloaded or away can be tried again, what is wrong cannot', async (t) => {
  for (const [code, { httpStatus, retryable }] of Object.entries(ERROR_CODES)) {
    if ([429, 503, 507].includes(httpStatus)) t.ok(retryable, code)
    if ([400, 401, 403, 404, 405, 413, 415, 422, 500].includes(httpStatus)) t.notOk(retryable, code)
  }
})

t.test('only the names of the table are codes', async (t) => {
  for (const code of Object.keys(ERROR_CODES)) t.ok(isErrorCode(code), code)
  for (const text of ['', 'Link_not_found', 'toString', '__proto__'])
    t.notOk(isErrorCode(text), text)
})

t.test('an error carries its code, facts that cannot change, and its cause', async (t) => {
  const cause = new Error('why')
  const facts = { slug: 'spring', count: 2 }
  const error = new AppError('slug_taken', 'Slug "spring" is taken.', { facts, cause })
  facts.slug = 'changed'
  t.match(error, {
    name: 'AppError',
    code: 'slug_taken',
    message: 'Slug "spring" is taken.',
    cause,
  })
  t.same(error.facts, { slug: 'spring', count: 2 })
  t.ok(Object.isFrozen(error.facts))
})

t.test('an error without a cause has none', async (t) => {
  const error = new AppError('link_not_found', 'There is no such link.')
  t.notOk('cause' in error)
  t.same(error.facts, {})
})
