import { runFake } from './fake-service.ts'

await runFake('domain-manager', 'DOMAINS_OPS_ADDR', (_request, response) => {
  response.writeHead(404).end()
})
