import t from 'tap'
import { proveCoreContract } from '../../../packages/contract/test/core-contract.ts'
import { openCore } from './contract-core.ts'

let databases = 0
const folder = t.testdir()

// Why of each engine and by gRPC in files of their own: a runner gives each file its time.
t.test('api-core on SQLite keeps the contract', (t) => {
  proveCoreContract(t, async () => openCore(`sqlite:${folder}/${(databases += 1)}.sqlite`))
  t.end()
})
