import { createServer, type Server } from 'node:net'
import t, { type Test } from 'tap'
import { listen, listenError } from './listen.ts'

function serverFor(t: Test): Server {
  const server = createServer()
  t.teardown(() => new Promise((resolve) => server.close(resolve)))
  return server
}

t.test('a port of 0 gives the real one', async (t) => {
  const port = await listen(serverFor(t), { host: '127.0.0.1', port: 0 }, 'EDGE_ADDR')
  t.ok(port > 0)
})

t.test('a taken address is one sentence that names the setting', async (t) => {
  const port = await listen(serverFor(t), { host: '127.0.0.1', port: 0 }, 'EDGE_ADDR')
  await t.rejects(listen(createServer(), { host: '127.0.0.1', port }, 'EDGE_OPS_ADDR'), {
    name: 'StartError',
    message:
      `The address 127.0.0.1:${port} is taken by another program. ` +
      'Stop it, or set EDGE_OPS_ADDR to another one.',
  })
})

t.test('an address that is not of this machine is one sentence', async (t) => {
  await t.rejects(listen(createServer(), { host: '192.0.2.1', port: 0 }, 'EDGE_ADDR'), {
    name: 'StartError',
    message: '192.0.2.1 is not an address of this machine. Set EDGE_ADDR to one that is.',
  })
})

const ERRORS = [
  { code: 'EACCES', host: '::', message: /^This user may not listen on \[::\]:80\. Set EDGE_ADDR/ },
  { code: 'EMFILE', host: 'x', message: /^Cannot listen on x:80 \(EDGE_ADDR\): Error: EMFILE/ },
]
for (const { code, host, message } of ERRORS) {
  t.test(`${code} becomes a sentence`, async (t) => {
    const error = listenError(
      Object.assign(new Error(code), { code }),
      { host, port: 80 },
      'EDGE_ADDR',
    )
    t.match(error.message, message)
  })
}

t.test('an error that only tells the code in its words becomes the same sentence', async (t) => {
  const error = new Error('No address added: [listen EADDRINUSE: address already in use x:80]')
  t.match(listenError(error, { host: 'x', port: 80 }, 'CORE_GRPC_ADDR').message, /x:80 is taken/)
})
