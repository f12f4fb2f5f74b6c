// The limit for a core lookup: a unary call of grpc-js that answers octets it has ready, as many
// as a lookup's answer has.
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { ECHO_PATH } from './grpc-echo-path.ts'

const { answerOctets } = JSON.parse(process.argv[2] ?? '{}') as { readonly answerOctets: number }
const answer = Buffer.alloc(answerOctets, 'x')
const asIs = (octets: Buffer): Buffer => octets

const server = new Server()
server.addService(
  {
    Echo: {
      path: ECHO_PATH,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  },
  {
    Echo: (_call: unknown, callback: (error: null, octets: Buffer) => void) =>
      callback(null, answer),
  },
)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  console.log(JSON.stringify({ ready: true, port }))
})
