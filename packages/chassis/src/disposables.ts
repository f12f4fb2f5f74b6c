/**
 * Keeps what a service acquires while it starts, and releases it in reverse
 * order: at the stop, or at once when a later part fails to start.
 */
export async function acquire<Service extends object>(
  start: (stack: AsyncDisposableStack) => Promise<Service>,
): Promise<Service & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const service = await start(stack)
  const kept = stack.move()
  return Object.assign(service, { [Symbol.asyncDispose]: () => kept.disposeAsync() })
}
