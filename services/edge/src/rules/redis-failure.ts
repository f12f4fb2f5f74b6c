/** What may be logged of a failure of Redis. */
export type RedisFailure = {
  readonly name: string
  readonly code: string | undefined
  readonly message: string
  /** What the node said that was asked last, when a cluster cannot be reached. */
  readonly node?: RedisFailure
}

/**
 * Gives what may be logged of a failure of Redis. Nothing else of it may be: the
 * client hangs the command with its arguments onto the error, for `AUTH` the password.
 */
export function describeRedisFailure(error: unknown): RedisFailure {
  if (!(error instanceof Error)) return { name: typeof error, code: undefined, message: '' }
  const node = 'lastNodeError' in error ? error.lastNodeError : undefined
  return {
    name: error.name,
    code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
    message: error.message.replace(ARGUMENTS, ''),
    ...(node instanceof Error && { node: describeRedisFailure(node) }),
  }
}

// Why: a server that does not know a command, be it a renamed `AUTH`, repeats its arguments.
const ARGUMENTS = /,? with args beginning with:.*$/is
