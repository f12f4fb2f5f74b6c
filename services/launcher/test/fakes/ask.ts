import { runFake } from './fake-service.ts'

await runFake('ask', 'DOMAINS_ADDR', (_request, response) => {
  response.writeHead(404).end()
})
