// Fastify with one route, one lookup in an lru-cache, and nothing else: no log, no metrics.
import fastify from 'fastify'
import { LRUCache } from 'lru-cache'
import { plainLink } from '../harness/links.ts'
import { readSubjectOptions } from './options.ts'

const options = readSubjectOptions()
const links = new LRUCache<string, Readonly<Record<string, string>>>({ max: options.links })
for (let index = 0; index < options.links; index += 1) {
  const { hostname, path, destination } = plainLink(index, options)
  const headers = options.headersFor(destination)
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []))
  links.set(hostname + path, Object.fromEntries(pairs))
}

const app = fastify({ keepAliveTimeout: 75_000 })
app.get('/*', (request, reply) => {
  const headers = links.get((request.headers.host ?? '') + request.url)
  if (headers === undefined) return reply.code(404).send()
  return reply.code(302).headers(headers).send()
})
const origin = await app.listen({ port: 0, host: '127.0.0.1' })
console.log(JSON.stringify({ ready: true, port: Number(new URL(origin).port) }))
