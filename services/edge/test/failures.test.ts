import t from 'tap'
import { createLogger } from '@fingerpost/chassis/logger'
import { listen } from '@fingerpost/chassis/listen'
import { createEdgeServer, type PreparedRedirect } from '../src/app.ts'
import { EdgeMetrics } from '../src/metrics.ts'
import { PreparedAnswers } from '../src/prepared-answers.ts'
import { SERVER_LIMITS } from '../src/server-limits.ts'
import { request } from './support/raw-client.ts'

t.test(
  'a mistake of ours is a 500 that says nothing, is logged, and harms nobody else',
  async (t) => {
    const lines: string[] = []
    const server = createEdgeServer(SERVER_LIMITS, {
      prepared: new PreparedAnswers<PreparedRedirect>({ countMax: 1, octetsMax: 1 }),
      countryHeader: '',
      lookup: {
        find: ({ slug }, deliver) =>
          deliver({
            kind: 'known',
            tier: 'l1',
            get domain(): undefined {
              if (slug === 'broken') throw new TypeError('secret detail')
              return undefined
            },
            link: undefined,
          }),
        lease: () => undefined,
        holds: () => false,
      },
      clicks: { count: () => undefined },
      probe: { answer: () => undefined },
      metrics: new EdgeMetrics(),
      log: createLogger('edge', 'error', { write: (line) => lines.push(line) }),
      now: () => 0,
      uptimeMs: () => 0,
      isDraining: () => false,
    })
    t.teardown(() => {
      server.close()
      server.closeAllConnections()
    })
    const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'TEST')
    const broken = await request(port, 'links.example.com', '/broken')
    t.equal(broken.status, 500)
    t.notMatch(JSON.stringify(broken), 'secret detail')
    t.match(lines, [/secret detail.*"error_code":"internal_error"/])
    t.equal((await request(port, 'links.example.com', '/fine')).status, 421)
  },
)
