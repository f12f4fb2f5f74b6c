import { connectivityState, credentials, type ChannelOptions } from '@grpc/grpc-js'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import { CORE_SERVICE_NAME, loadCoreProto } from './core-proto.ts'
import type { CoreApiClient } from './generated/fingerpost/core/v1/CoreApi.ts'

/** Largest message to core in octets: a full batch of clicks with the longest referrers fits. */
export const REQUEST_OCTETS_MAX = 1_048_576
/** Largest message from core in octets. */
export const RESPONSE_OCTETS_MAX = 4_194_304

/** Where core listens, and how long a connection to it may take. */
export type LineOptions = {
  /** `host:port`, as gRPC names it. */
  readonly address: string
  /** After so long without a connection a new one is begun; then after twice as long. */
  readonly connectMs: DurationMs
}

// Longest wait for a connection before a new one is begun.
const CONNECT_MS_MAX: DurationMs = 60_000

/**
 * One connection to core that comes back by itself.
 *
 * gRPC has no limit for connecting: with a peer that accepts and stays silent,
 * or with a lost packet at the wrong moment, it waits for as long as the kernel
 * does. So a line that was not connected for `connectMs` is laid anew. gRPC
 * leaves the stuck socket to the kernel, hence the growing patience.
 */
export class CoreLine implements Disposable {
  readonly #options: LineOptions
  #client: CoreApiClient
  #brokenSince: number | undefined
  #patienceMs: DurationMs
  #isClosed = false

  constructor(options: LineOptions) {
    this.#options = options
    this.#patienceMs = options.connectMs
    this.#client = connect(options.address)
  }

  /**
   * Gives the client to make the next call with.
   *
   * @throws AppError `core_unavailable` after disposal
   */
  client(): CoreApiClient {
    if (this.#isClosed) {
      throw new AppError('core_unavailable', 'The connection to core is closed.')
    }
    const state = this.#client.getChannel().getConnectivityState(false)
    const now = performance.now()
    if (state === connectivityState.READY || state === connectivityState.IDLE) {
      this.#brokenSince = undefined
      this.#patienceMs = this.#options.connectMs
    } else if (this.#brokenSince === undefined) {
      this.#brokenSince = now
    } else if (now - this.#brokenSince >= this.#patienceMs) {
      this.#client.close()
      this.#client = connect(this.#options.address)
      this.#brokenSince = now
      this.#patienceMs = Math.min(2 * this.#patienceMs, CONNECT_MS_MAX)
    }
    return this.#client
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#client.close()
  }
}

function connect(address: string): CoreApiClient {
  return new CoreApi(address, credentials.createInsecure(), CHANNEL_OPTIONS)
}

const CoreApi = loadCoreProto()

// Only lookups are tried again: they change nothing, and a visitor waits for them.
const SERVICE_CONFIG = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{ service: CORE_SERVICE_NAME, method: 'LookupLink' }],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: '0.02s',
        maxBackoff: '0.1s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
  retryThrottling: { maxTokens: 100, tokenRatio: 0.1 },
}

const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 1_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.max_send_message_length': REQUEST_OCTETS_MAX,
  'grpc.max_receive_message_length': RESPONSE_OCTETS_MAX,
  'grpc.service_config': JSON.stringify(SERVICE_CONFIG),
  // Why: a service config from DNS could undo the one above.
  'grpc.service_config_disable_resolution': 1,
  // Why: `http_proxy` in the environment is meant for the way out, not for this.
  'grpc.enable_http_proxy': 0,
  // Why: a line laid anew must not get the old line's stuck connection from the shared pool.
  'grpc.use_local_subchannel_pool': 1,
}
