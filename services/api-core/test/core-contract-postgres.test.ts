import t from 'tap'
import { proveCoreContract } from '../../../packages/contract/test/core-contract.ts'
import { openCore } from './contract-core.ts'
import { withPostgres } from './installation.ts'

await withPostgres(t, (t, { newUrl }) => {
  t.test('api-core keeps the contract', (t) => {
    proveCoreContract(t, async () => openCore(await newUrl()))
    t.end()
  })
})
