import t from 'tap'
import { EDGE_FAREWELL, type Acknowledgement } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import { acknowledger } from './acknowledger.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

function held() {
  const said: number[] = []
  const failures: unknown[] = []
  let pending: PromiseWithResolvers<void> | undefined
  const told = acknowledger('edge-1', {
    core: {
      acknowledgeChanges({ edgeId, sequence }: Acknowledgement) {
        if (edgeId !== 'edge-1') throw new Error(`Who is "${edgeId}"?`)
        if (pending !== undefined && sequence !== EDGE_FAREWELL) throw new Error('Two at once.')
        said.push(sequence)
        const call = Promise.withResolvers<void>()
        pending = call
        return call.promise
      },
    },
    onFailed: (cause) => failures.push(cause),
  })
  const end = async (error?: Error): Promise<void> => {
    const call = pending
    pending = undefined
    if (error === undefined) call?.resolve()
    else call?.reject(error)
    await settle()
  }
  return { told, said, failures, end }
}

t.test('a burst of changes is one call under way and one for the newest', async (t) => {
  const { told, said, end } = held()
  for (let sequence = 1; sequence <= 100; sequence += 1) told.acknowledge(sequence)
  t.same(said, [1])
  t.equal(told.acknowledged, 0)
  await end()
  t.same(said, [1, 100])
  await end()
  t.equal(told.acknowledged, 100)
  told.acknowledge(100)
  t.same(said, [1, 100], 'what was said is not said again')
})

t.test('what failed is said again with the next message', async (t) => {
  const { told, said, failures, end } = held()
  const down = new AppError('core_unavailable', 'Down.')
  told.acknowledge(1)
  await end(down)
  t.same([said, failures, told.acknowledged], [[1], [down], 0])
  told.acknowledge(1)
  await end()
  t.same([said, told.acknowledged], [[1, 1], 1])
})

t.test('less than before is said after a reset', async (t) => {
  const { told, said, end } = held()
  told.acknowledge(9)
  await end()
  told.acknowledge(3)
  await end()
  t.same(said, [9, 3])
})

t.test('whoever may have forgotten is told again', async (t) => {
  const { told, said, end } = held()
  told.acknowledge(9)
  await end()
  told.startOver()
  told.acknowledge(9)
  await end()
  t.same(said, [9, 9])
})

t.test('after the farewell nothing more is said', async (t) => {
  const { told, said, failures, end } = held()
  told.acknowledge(1)
  const left = told.leave()
  told.acknowledge(2)
  await end(new AppError('core_unavailable', 'Down.'))
  await left
  t.same(said, [1, EDGE_FAREWELL])
  t.equal(failures.length, 1)
})
