import { headerOf, requestOnce, type ConnectionAnswer } from './http-connection.ts'

// What Node, and not the program that runs on it, adds to every answer.
const ADDED_BY_NODE = /^(connection|date|keep-alive):/i

/** Gives the headers of an edge's answer as a list, name after value, and its `Cache-Control`. */
export async function headerTemplate(
  port: number,
  request: string,
): Promise<{ readonly headers: readonly string[]; readonly cacheControl: string }> {
  const answer = await requestOnce(port, request)
  if (answer.status !== 302) throw new Error(`The edge answered ${answer.status}, not 302.`)
  const lines = answer.head.split('\r\n').slice(1)
  const headers = lines
    .filter((line) => !ADDED_BY_NODE.test(line))
    .flatMap((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
  return { headers, cacheControl: headerOf(answer, 'cache-control') ?? 'no-store' }
}

/**
 * Sees that two servers give the same answers: status, headers, their order and their values.
 *
 * @throws Error that shows the first two answers that differ
 */
export async function sameAnswers(
  requests: readonly string[],
  one: { readonly name: string; readonly port: number },
  other: { readonly name: string; readonly port: number },
): Promise<void> {
  for (const request of requests) {
    const first = comparable(await requestOnce(one.port, request))
    const second = comparable(await requestOnce(other.port, request))
    if (first !== second) {
      throw new Error(`The answers differ.\n${one.name}:\n${first}\n${other.name}:\n${second}`)
    }
  }
}

function comparable(answer: ConnectionAnswer): string {
  // Why sorted: where Node puts its own headers depends on how the others are handed to it.
  const [status = '', ...headers] = answer.head.split('\r\n')
  const lines = headers.map((line) => (/^date:/i.test(line) ? 'Date: …' : line.toLowerCase()))
  return [status, ...lines.toSorted()].join('\n')
}
