import { IncomingMessage, type IncomingHttpHeaders } from 'node:http'

/** What Node's server itself reads of `headers`, in lower case. */
const READ_BY_NODE: ReadonlySet<string> = new Set([
  'te',
  'expect',
  'content-length',
  'transfer-encoding',
])

const LENGTHS: ReadonlySet<number> = new Set(Array.from(READ_BY_NODE, (name) => name.length))

const NONE: IncomingHttpHeaders = Object.freeze({})

/**
 * A request whose `headers` are the few that Node's server reads itself. Node
 * would put every header of every request into an object before the edge sees
 * it; the edge reads `rawHeaders`, once (`RequestHead`).
 */
export class EdgeRequest extends IncomingMessage {}

// Why defined here: Node's types declare a property, which a getter may not override.
Object.defineProperty(EdgeRequest.prototype, 'headers', {
  get(this: EdgeRequest): IncomingHttpHeaders {
    return fewHeadersOf(this.rawHeaders)
  },
})

function fewHeadersOf(rawHeaders: readonly string[]): IncomingHttpHeaders {
  let few: Record<string, string> | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!LENGTHS.has(name.length)) continue
    const lower = name.toLowerCase()
    if (!READ_BY_NODE.has(lower)) continue
    few ??= {}
    few[lower] ??= rawHeaders[index + 1] ?? ''
  }
  return few ?? NONE
}
