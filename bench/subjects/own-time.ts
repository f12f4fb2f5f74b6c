// Loaded into the real edge before its main: notes, exactly, how long each request takes from its
// head being read to its answer being handed to the socket, by the name in its X-Bench-Group.
// Prints what it noted, as a line of JSON, on SIGUSR2, and begins anew.
import { channel } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { answerOnSignal } from './timings.ts'

const timings = answerOnSignal()
const begun = new WeakMap<IncomingMessage, number>()

channel('http.server.request.start').subscribe((message) => {
  const { request } = message as { readonly request: IncomingMessage }
  begun.set(request, performance.now())
})
channel('http.server.response.finish').subscribe((message) => {
  const { request } = message as { readonly request: IncomingMessage }
  const startedAt = begun.get(request)
  if (startedAt === undefined) return
  const at = request.rawHeaders.indexOf('X-Bench-Group')
  const ms = performance.now() - startedAt
  timings.note('all', ms)
  timings.note(request.rawHeaders[at + 1] ?? '', ms)
})
