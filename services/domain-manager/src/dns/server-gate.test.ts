import t from 'tap'
import { ServerGate } from './server-gate.ts'

const never = new AbortController().signal

t.test('questions wait for their turn, first come first served', async (t) => {
  const gate = new ServerGate({ inFlightMax: 2, waitingMax: 10, waitMsMax: 60_000 })
  const begun: number[] = []
  const ends: (() => void)[] = []
  const passes = [0, 1, 2, 3].map((index) =>
    gate.pass(() => {
      begun.push(index)
      return new Promise<number>((resolve) => ends.push(() => resolve(index)))
    }, never),
  )
  await new Promise(setImmediate)
  t.same(begun, [0, 1])
  ends[1]?.()
  await new Promise(setImmediate)
  t.same(begun, [0, 1, 2])
  ends[0]?.()
  await new Promise(setImmediate)
  ends[2]?.()
  ends[3]?.()
  t.same(await Promise.all(passes), [0, 1, 2, 3])
  t.ok(gate.isIdle)
})

t.test('what is too many, too late or not wanted any more is not asked', async (t) => {
  const gate = new ServerGate({ inFlightMax: 1, waitingMax: 2, waitMsMax: 20 })
  let end = (): void => undefined
  const first = gate.pass(
    () => new Promise<string>((resolve) => (end = () => resolve('first'))),
    never,
  )
  const stop = new AbortController()
  const refused = (): Promise<string> => Promise.reject(new Error('was asked'))
  const aborted = gate.pass(refused, stop.signal)
  const late = gate.pass(refused, never)
  t.equal(await gate.pass(refused, never), undefined, 'one too many')
  stop.abort()
  t.equal(await aborted, undefined)
  t.equal(await gate.pass(refused, stop.signal), undefined)
  t.equal(await late, undefined)
  end()
  t.equal(await first, 'first')
  t.ok(gate.isIdle)
})

t.test('a question that fails gives its place back', async (t) => {
  const gate = new ServerGate({ inFlightMax: 1, waitingMax: 1, waitMsMax: 20 })
  await t.rejects(gate.pass(() => Promise.reject(new Error('broken')), never))
  t.equal(await gate.pass(async () => 'next', never), 'next')
})
