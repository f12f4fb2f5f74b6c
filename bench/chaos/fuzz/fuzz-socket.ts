import { canonicalHostname } from '@fingerpost/model/hostname'
import { slugFromRequestTarget } from '@fingerpost/model/slug'
import { PAGES } from '../../../services/edge/src/pages.ts'
import { readRequestTarget } from '../../../services/edge/src/rules/request-target.ts'
import { ClientConnection, type ClientAnswer } from '../harness/client-connection.ts'
import { madeUpHostname, madeUpTarget, oneOf, type Random } from './made-up.ts'
import { Mismatches } from './mismatches.ts'

const CONNECTIONS = 32
const REDIRECT = 302

/** What an edge is tried with. */
export type SocketFuzzing = {
  readonly port: number
  readonly requests: number
  readonly random: Random
  /** The one hostname that the edge knows. */
  readonly hostname: string
  /** The paths of its links. */
  readonly paths: readonly string[]
}

/** What became of made-up requests. */
export type SocketFindings = Mismatches & {
  readonly serverErrors: number
  readonly byStatus: Readonly<Record<string, number>>
}

/** Sends made-up requests to an edge and holds each answer against what the rules say. */
export async function fuzzSocket(fuzzing: SocketFuzzing): Promise<SocketFindings> {
  const tried = new Mismatches()
  const byStatus: Record<string, number> = {}
  let serverErrors = 0
  let left = fuzzing.requests
  const slugs = new Set<string | undefined>(
    fuzzing.paths.map((path) => slugFromRequestTarget(path)),
  )
  const run = async (): Promise<void> => {
    let connection = new ClientConnection({ port: fuzzing.port })
    while (left > 0) {
      left -= 1
      const request = madeUpRequest(fuzzing)
      if (!connection.isUsable) connection = new ClientConnection({ port: fuzzing.port })
      const { status } = await ask(connection, request)
      byStatus[status] = (byStatus[status] ?? 0) + 1
      if (status >= 500) serverErrors += 1
      const wanted = expectedStatus(request, fuzzing.hostname, slugs)
      const isRight = wanted === undefined ? status === 400 : status === wanted
      tried.note(
        `${request.host} ${request.target}`,
        isRight ? undefined : `${status}, not ${wanted ?? 400}`,
      )
    }
    connection[Symbol.dispose]()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, run))
  return Object.assign(tried, { serverErrors, byStatus })
}

type MadeUpRequest = { readonly host: string; readonly target: string }

// Why without these: they end the line or the header, and make it another request. A request
// target that is empty moves the version into its place.
const ENDS_IT = /[\0\r\n\t ]/g

function madeUpRequest({ random, hostname, paths }: SocketFuzzing): MadeUpRequest {
  const hosts = [hostname, hostname.toUpperCase(), `${hostname}.`, `${hostname}:8443`] as const
  const host = random() < 0.6 ? oneOf(hosts, random) : madeUpHostname(random)
  const path = paths[Math.floor(random() * paths.length)] ?? '/'
  const target = random() < 0.2 ? path : madeUpTarget(random)
  return {
    host: host.replaceAll(/[^\x21-\x7e]/g, ''),
    target: target.replaceAll(ENDS_IT, '') || '/',
  }
}

/** Gives the status that the rules lead to; undefined: Node itself refuses the target. */
function expectedStatus(
  { host, target }: MadeUpRequest,
  knownHostname: string,
  slugs: ReadonlySet<string | undefined>,
): number | undefined {
  if (!isReadByNode(target)) return undefined
  const read = readRequestTarget({ method: 'GET', requestTarget: target, host })
  if (read.kind === 'refused') return PAGES[read.why].status
  if (canonicalHostname(host) !== knownHostname) return PAGES.unknown_hostname.status
  if (read.path === 'link' && slugs.has(read.slug)) return REDIRECT
  return PAGES.not_found.status
}

// Node's parser takes visible ASCII after a slash, and whatever is an absolute URI.
function isReadByNode(target: string): boolean {
  return /^[/*][\x21-\x7e]*$/.test(target)
}

function ask(connection: ClientConnection, request: MadeUpRequest): Promise<ClientAnswer> {
  const { promise, resolve } = Promise.withResolvers<ClientAnswer>()
  connection.send(`GET ${request.target} HTTP/1.1\r\nHost: ${request.host}\r\n\r\n`, resolve)
  return promise
}
