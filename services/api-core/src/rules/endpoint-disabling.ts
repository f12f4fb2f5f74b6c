/** By this an endpoint says that it wants nothing more. @see RFC 9110 section 15.5.11 */
const GONE = 410

/** Why an endpoint is disabled, as its owner reads it. */
export type DisabledReason = string

/**
 * Decides whether an endpoint is disabled because one of its deliveries failed
 * for good. One that took something else meanwhile is not dead: then it is that
 * delivery which it does not want.
 *
 * @param failure.tookSomething whether it took another delivery since this one was made
 */
export function decideDisabling(failure: {
  readonly httpStatus: number | undefined
  readonly error: string
  readonly tookSomething: boolean
}): DisabledReason | undefined {
  if (failure.httpStatus === GONE) return 'The endpoint answered 410: it wants nothing more.'
  if (failure.tookSomething) return undefined
  return `The endpoint took nothing for three days. The last attempt: ${failure.error}`
}
