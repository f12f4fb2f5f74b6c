import t from 'tap'
import { connectCore } from '../src/core-client.ts'
import { proveCoreContract, type CoreUnderTest } from './core-contract.ts'
import { FakeCore } from '../src/core-fake.ts'
import { serveCore } from '../src/core-server.ts'

t.test('the fake keeps the contract', async (t) => {
  proveCoreContract(t, async () => openFake())
})

t.test('a core behind gRPC keeps the contract', async (t) => {
  proveCoreContract(t, async () => {
    const fake = openFake()
    const secret = 'a secret'
    const server = await serveCore({ core: fake.core, address: '127.0.0.1:0', secret, log: SILENT })
    const address = `127.0.0.1:${server.port}`
    const core = connectCore({ address, secret, deadlineMs: 10_000 })
    return {
      ...fake,
      core,
      async [Symbol.asyncDispose]() {
        await core[Symbol.asyncDispose]()
        await server[Symbol.asyncDispose]()
      },
    }
  })
})

const SILENT = { error: () => {} }

function openFake(): CoreUnderTest {
  let now = 1_800_000_000_000
  const core = new FakeCore({ now: () => now })
  return {
    core,
    now: () => now,
    advance: (ms) => {
      now += ms
    },
    givenDomain: async (workspaceId, hostname) => core.givenDomain({ workspaceId, hostname }),
    changeDomain: async (domainId, rootUrl) => core.changeDomain(domainId, { rootUrl }),
    deleteDomain: async (domainId) => core.deleteDomain(domainId),
    givenLink: async (domainId, slug, destination) =>
      core.givenLinkOf(domainId, { slug, destination }),
    changeLink: async (linkId, destination) => core.changeLink(linkId, { destination }),
    deleteLink: async (linkId) => core.deleteLink(linkId),
    clicksOf: async (linkId) => core.clicksOf(linkId),
    forgetChanges: async () => core.forgetChanges(),
    async [Symbol.asyncDispose]() {},
  }
}
