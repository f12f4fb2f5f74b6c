import t from 'tap'
import { acquire } from './disposables.ts'

t.test('what was acquired is released in reverse order, once the service stops', async (t) => {
  const released: string[] = []
  const service = await acquire(async (stack) => {
    stack.defer(() => void released.push('first'))
    stack.defer(() => void released.push('second'))
    return { port: 1 }
  })
  t.equal(service.port, 1)
  t.same(released, [])
  await service[Symbol.asyncDispose]()
  t.same(released, ['second', 'first'])
  await service[Symbol.asyncDispose]()
  t.equal(released.length, 2)
})

t.test('when a later part fails to start, the earlier ones are released at once', async (t) => {
  const released: string[] = []
  const start = acquire(async (stack) => {
    stack.defer(() => void released.push('first'))
    throw new Error('no')
  })
  await t.rejects(start, { message: 'no' })
  t.same(released, ['first'])
})
