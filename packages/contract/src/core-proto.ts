import { fileURLToPath } from 'node:url'
import { loadPackageDefinition, logVerbosity, setLogVerbosity } from '@grpc/grpc-js'
// Why a default import: the package is CommonJS, and Node finds no named exports in it.
import protoLoader from '@grpc/proto-loader'
import type { ProtoGrpcType } from './generated/core.ts'

// The folder that `.proto` files import each other from.
const PROTO_DIRECTORY = fileURLToPath(new URL('../../../proto', import.meta.url))

// The service's file in it.
const CORE_PROTO_FILE = 'fingerpost/core/v1/core.proto'

/** The service's full name, as method paths begin with. */
export const CORE_SERVICE_NAME = 'fingerpost.core.v1.CoreApi'

/**
 * Gives the client class and the service definition of `CoreApi`.
 *
 * The options are those that the types in `generated/` were made with; `npm run
 * generate` makes them again. Two things the types do not say: an enum value
 * that this version does not know arrives as a number, and an absent `optional`
 * field is undefined while an absent message is null.
 */
export function loadCoreProto(): ProtoGrpcType['fingerpost']['core']['v1']['CoreApi'] {
  // Why: gRPC writes to the console what it also reports as errors, and our logs are JSON.
  setLogVerbosity(logVerbosity.NONE)
  const definition = protoLoader.loadSync(CORE_PROTO_FILE, {
    includeDirs: [PROTO_DIRECTORY],
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  })
  const loaded = loadPackageDefinition(definition) as unknown as ProtoGrpcType
  return loaded.fingerpost.core.v1.CoreApi
}
