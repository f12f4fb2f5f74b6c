import { Metadata, status as GrpcStatus, type ServiceError } from '@grpc/grpc-js'
import t from 'tap'
import { AppError, ERROR_CODES, isErrorCode } from '@fingerpost/model/errors'
import { ERROR_CODE_KEY, errorOfStatus, statusOfError } from './app-error-status.ts'

t.test('every error code comes back from its status', async (t) => {
  for (const code of Object.keys(ERROR_CODES)) {
    if (!isErrorCode(code)) throw new Error(`"${code}" is no code.`)
    const status = statusOfError(new AppError(code, `What "${code}" says.`))
    t.equal(status.code, ERROR_CODES[code].grpcStatus)
    const error = errorOfStatus(serviceError(status.code, status.details, status.metadata))
    t.match(error, { code, message: `What "${code}" says.` })
  }
})

t.test('what is no AppError becomes an internal error without detail', async (t) => {
  for (const bug of [new Error('a secret detail'), 'a secret detail', undefined, null]) {
    const status = statusOfError(bug)
    t.match(status, { code: GrpcStatus.INTERNAL, details: 'Core failed.' })
    t.same(status.metadata.get(ERROR_CODE_KEY), ['internal_error'])
  }
})

t.test('details can always be sent', async (t) => {
  const status = statusOfError(new AppError('slug_invalid', 'Half a pair: \ud800.'))
  t.equal(status.details, 'Half a pair: \ufffd.')
})

const UNNAMED = [
  { status: GrpcStatus.UNAVAILABLE, code: 'core_unavailable' },
  { status: GrpcStatus.CANCELLED, code: 'core_unavailable' },
  { status: GrpcStatus.DEADLINE_EXCEEDED, code: 'core_overdue' },
  { status: GrpcStatus.UNAUTHENTICATED, code: 'token_invalid' },
  { status: GrpcStatus.INTERNAL, code: 'internal_error' },
  { status: GrpcStatus.UNKNOWN, code: 'internal_error' },
  { status: GrpcStatus.UNIMPLEMENTED, code: 'internal_error' },
  { status: GrpcStatus.RESOURCE_EXHAUSTED, code: 'internal_error' },
  { status: GrpcStatus.INVALID_ARGUMENT, code: 'internal_error' },
]

t.test('a status that gRPC made itself tells whether core can be reached', async (t) => {
  for (const { status, code } of UNNAMED) {
    const cause = serviceError(status, 'what gRPC says', new Metadata())
    const error = errorOfStatus(cause)
    t.match(error, { code, cause }, GrpcStatus[status])
    t.notMatch(error.message, 'what gRPC says')
  }
})

t.test('an error code that is not known is not believed', async (t) => {
  const metadata = new Metadata()
  metadata.set(ERROR_CODE_KEY, 'toString')
  const error = errorOfStatus(serviceError(GrpcStatus.UNAVAILABLE, 'x', metadata))
  t.equal(error.code, 'core_unavailable')
})

function serviceError(code: GrpcStatus, details: string, metadata: Metadata): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata })
}
