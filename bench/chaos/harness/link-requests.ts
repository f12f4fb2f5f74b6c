import { plainLink, type LinkSet } from '../../harness/links.ts'
import type { ClientAnswer } from './client-connection.ts'
import type { LoadRequest, Verdict } from './load.ts'

/** Makes the request for a link that exists; only its own destination is a right answer. */
export function linkRequest(index: number, set: LinkSet, kind: string): LoadRequest {
  const { hostname, path, destination } = plainLink(index, set)
  return {
    text: getText(hostname, path),
    kind,
    judge: (answer) => judgeRedirect(answer, destination),
  }
}

/** Writes a GET as a plain client sends it. */
export function getText(hostname: string, path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`
}

/** A link is answered by its redirect; 404, 410, 421 and other destinations are false. */
export function judgeRedirect(answer: ClientAnswer, destination: string): Verdict {
  if (answer.status === 302) return answer.location === destination ? 'right' : 'wrong'
  return [301, 307, 308, 404, 410, 421].includes(answer.status) ? 'wrong' : 'failed'
}

/** Gives the whole number below `size` that a random number stands for. */
export function indexBelow(size: number, random: () => number): number {
  return Math.floor(random() * size)
}
