/**
 * Why a process cannot start, in sentences for the operator: bad settings, a
 * taken port. `runService` prints the message without a stack trace.
 */
export class StartError extends Error {
  override readonly name = 'StartError'
}
