// Asks one tier for each request, barely: a GET by ioredis, or a unary echo by grpc-js. Notes how
// long that takes, without the HTTP around it.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { Client, credentials } from '@grpc/grpc-js'
import { Redis } from 'ioredis'
import { ECHO_PATH } from './grpc-echo-path.ts'
import { answerOnSignal } from './timings.ts'
import type { BareTierOptions } from './bare-tier-options.ts'

const options: BareTierOptions = JSON.parse(process.argv[2] ?? '{}')
const timings = answerOnSignal()
const ask = options.kind === 'redis' ? await askRedis(options) : askEcho(options)

const server = createServer((_request, response) => {
  void respond(response)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
console.log(JSON.stringify({ ready: true, port: typeof address === 'object' && address?.port }))

async function respond(response: ServerResponse): Promise<void> {
  const startedAt = performance.now()
  await ask()
  timings.note('bare', performance.now() - startedAt)
  response.writeHead(302, { location: 'https://www.example.com/', 'content-length': '0' }).end()
}

/** Asks for the keys that are there in turn. */
async function askRedis(
  tier: Extract<BareTierOptions, { kind: 'redis' }>,
): Promise<() => Promise<unknown>> {
  const redis = new Redis(tier.url)
  const keys = (await redis.keys('*')).slice(0, tier.keysMax)
  if (keys.length === 0) throw new Error('Redis holds no keys.')
  let asked = 0
  return () => {
    asked += 1
    return redis.get(keys[asked % keys.length] ?? '')
  }
}

function askEcho(tier: Extract<BareTierOptions, { kind: 'echo' }>): () => Promise<unknown> {
  const client = new Client(`127.0.0.1:${tier.port}`, credentials.createInsecure())
  const message = Buffer.alloc(tier.requestOctets, 'x')
  const asIs = (octets: Buffer): Buffer => octets
  return () => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>()
    client.makeUnaryRequest(ECHO_PATH, asIs, asIs, message, (error, answer) => {
      if (error === null) resolve(answer)
      else reject(error)
    })
    return promise
  }
}
