import { runFake } from './fake-service.ts'

await runFake('edge', 'EDGE_ADDR', (_request, response) => {
  response.writeHead(302, { location: 'https://example.com/' }).end(String(process.pid))
})
