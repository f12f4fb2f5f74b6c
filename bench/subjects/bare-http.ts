// The limit for this runtime: node:http, one lookup in an lru-cache, and the headers it was told.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { LRUCache } from 'lru-cache'
import { plainLink } from '../harness/links.ts'
import { readSubjectOptions } from './options.ts'

const options = readSubjectOptions()
const links = new LRUCache<string, readonly string[]>({ max: options.links })
for (let index = 0; index < options.links; index += 1) {
  const { hostname, path, destination } = plainLink(index, options)
  links.set(hostname + path, options.headersFor(destination))
}

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  const headers = links.get((request.headers.host ?? '') + (request.url ?? ''))
  if (headers === undefined) response.writeHead(404).end()
  else response.writeHead(302, [...headers]).end()
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
console.log(JSON.stringify({ ready: true, port: typeof address === 'object' && address?.port }))
