import t from 'tap'
import { connectCore } from '@fingerpost/contract/core-client'
import { serveCore } from '@fingerpost/contract/core-server'
import { proveCoreContract } from '../../../packages/contract/test/core-contract.ts'
import { openCore } from './contract-core.ts'

t.test('api-core behind gRPC keeps the contract', (t) => {
  let databases = 0
  const folder = t.testdir()
  proveCoreContract(t, async () => {
    databases += 1
    const open = await openCore(`sqlite:${folder}/${databases}.sqlite`)
    const secret = 'the secret of this installation'
    const log = { error: () => {} }
    const server = await serveCore({ core: open.core, address: '127.0.0.1:0', secret, log })
    const address = `127.0.0.1:${server.port}`
    const core = connectCore({ address, secret, deadlineMs: 10_000 })
    return {
      ...open,
      core,
      async [Symbol.asyncDispose]() {
        await core[Symbol.asyncDispose]()
        await server[Symbol.asyncDispose]()
        await open[Symbol.asyncDispose]()
      },
    }
  })
  t.end()
})
