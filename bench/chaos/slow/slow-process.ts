// Many slow clients in a process of their own, so that what they cost is not counted as somebody's
// latency. Started with its options as JSON; tells at / how they fare.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { SlowSockets, type SlowOptions, type SlowState } from './slow-sockets.ts'

const options: SlowOptions = JSON.parse(process.argv[2] ?? '{}')
using slow = await SlowSockets.open(options)
const server = createServer((_request, response) => {
  const { open, refused, lives } = slow
  const state: SlowState = { open, refused, lifeMsMax: Math.max(0, ...lives) }
  response.end(JSON.stringify(state))
})
const listening = once(server, 'listening')
server.listen(0, '127.0.0.1')
await listening
const address = server.address()
const http = typeof address === 'object' ? address?.port : undefined
console.log(JSON.stringify({ ready: true, http }))
await once(process, 'SIGTERM')
server.close()
server.closeAllConnections()
