import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '@fingerpost/model/errors'
import { isRefusedBy } from '../database/storage-errors.ts'
import { inTransaction, type WriteDeps, type Writing } from '../database/transaction.ts'
import { keepAnswer, findAnswer } from './idempotency-store.ts'

/** Owner of the keys that stand above workspaces. */
export const OPERATOR_OWNER = 'operator'

/**
 * Does a create at most once for an `Idempotency-Key`, and answers 201.
 *
 * The key, with its answer, is stored in the transaction of the create. The
 * same request again gets the same answer; it changes nothing.
 *
 * @param options.owner whose keys these are: a workspace's id, or `OPERATOR_OWNER`
 * @param options.keepsAnswer false when the answer holds a secret
 * @throws {AppError} `idempotency_key_invalid`, `idempotency_key_reused`, `idempotency_key_spent`
 */
export async function createOnce<Answer extends object>(
  options: {
    readonly request: FastifyRequest
    readonly reply: FastifyReply
    readonly owner: string
    readonly keepsAnswer: boolean
    readonly lock: (writing: Writing) => Promise<void>
    readonly create: (writing: Writing) => Promise<Answer>
  },
  deps: WriteDeps,
): Promise<Answer> {
  const { request, reply, owner } = options
  const key = readKey(request)
  reply.code(201)
  const run = (): Promise<Answer> =>
    inTransaction(async (writing) => {
      await options.lock(writing)
      if (key === undefined) return options.create(writing)
      const requestHash = hashRequest(request)
      const kept = await findAnswer<Answer>({ owner, key, requestHash }, writing)
      if (kept !== undefined) {
        reply.header('idempotency-replayed', 'true')
        return kept
      }
      const answer = await options.create(writing)
      const responseJson = options.keepsAnswer ? JSON.stringify(answer) : null
      await keepAnswer({ owner, key, requestHash, responseJson }, writing)
      return answer
    }, deps)
  try {
    return await run()
  } catch (error) {
    // Why once more: the same key was committed at the same moment, so its answer is there now.
    if (isRefusedBy(error, 'idempotency_keys_key')) return run()
    throw error
  }
}

function readKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header
  throw new AppError(
    'idempotency_key_invalid',
    'The Idempotency-Key has to be 1 to 255 visible ASCII characters without spaces.',
  )
}

function hashRequest(request: FastifyRequest): string {
  const path = request.url.split('?', 1)[0] ?? ''
  const text = `${request.method}\n${path}\n${canonicalJson(request.body)}`
  return createHash('sha256').update(text).digest('hex')
}

/** JSON with sorted keys, so that the order in which a client writes them makes no difference. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .toSorted(([first], [second]) => (first < second ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}
