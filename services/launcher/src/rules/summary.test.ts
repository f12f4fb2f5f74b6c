import t from 'tap'
import { summarize, summaryFields, type SummaryFacts } from './summary.ts'

const FACTS: SummaryFacts = {
  api: '127.0.0.1:8081',
  edgePort: 8080,
  httpPort: 8000,
  httpsPort: 8443,
  caddy: { kind: 'running', version: '2.11.4', isCurrent: true },
  publicTarget: undefined,
  dataDir: 'data',
  adminTokenPath: 'data/admin-token',
  seed: { workspaceId: 'ws_1', hostname: 'go.localhost', slug: 'hello' },
  missing: [],
}

function textOf(facts: SummaryFacts): string {
  return summarize(facts)
    .map(({ title, lines }) => [title, ...lines].join('\n'))
    .join('\n\n')
}

t.test('a newcomer can copy every line', async (t) => {
  t.equal(
    textOf(FACTS),
    `Fingerpost is running. Ctrl-C stops it.
Redirects  port 8080 (HTTP)
HTTPS      ports 8000 and 8443, Caddy 2.11.4
API        http://127.0.0.1:8081, described at http://127.0.0.1:8081/docs
Data       data
Token      data/admin-token

Try it
curl -i http://go.localhost:8080/hello
curl -i --cacert data/caddy/pki/authorities/local/root.crt https://go.localhost:8443/hello
Browsers warn at the second one: only this machine vouches for its certificate.

Add a domain of your own
curl -H "Authorization: Bearer $(cat data/admin-token)" -H 'Content-Type: application/json' \\
  -d '{"hostname":"links.example.com"}' http://127.0.0.1:8081/v1/workspaces/ws_1/domains
The answer holds the DNS records to set.

Good to know
Customers' CNAMEs have nowhere to lead: set FINGERPOST_PUBLIC_TARGET to a public name of this machine, for example edge.example.net (docs/running.md).`,
  )
})

const NOTICES = [
  {
    when: 'Caddy is off',
    facts: { caddy: { kind: 'off' } },
    says: /HTTPS is off: FINGERPOST_CADDY/,
  },
  {
    when: 'there is no Caddy',
    facts: { caddy: { kind: 'missing' } },
    says: /HTTPS is off: no Caddy was found\. Install it, or set FINGERPOST_CADDY/,
  },
  {
    when: 'Caddy is old',
    facts: { caddy: { kind: 'running', version: '2.6.2', isCurrent: false } },
    says: /Caddy 2\.6\.2 is for trying out only: it fails some first connections/,
  },
  { when: 'no public target is set', facts: {}, says: /set FINGERPOST_PUBLIC_TARGET/ },
  {
    when: 'it is public, but not at the usual http port',
    facts: { publicTarget: 'edge.example.net', httpPort: 8000, httpsPort: 443 },
    says: /ports 80 and 443/,
  },
  {
    when: 'it is public, but not at the usual https port',
    facts: { publicTarget: 'edge.example.net', httpPort: 80, httpsPort: 8443 },
    says: /ports 80 and 443/,
  },
  { when: 'a service is not up', facts: { missing: ['edge'] }, says: /edge has not started/ },
] as const

for (const { when, facts, says } of NOTICES) {
  t.test(`when ${when}, the summary says so and what to do`, async (t) => {
    t.match(textOf({ ...FACTS, ...facts }), says)
    t.match(JSON.stringify(summaryFields({ ...FACTS, ...facts })), says)
  })
}

t.test('with all that production needs there is nothing to say', async (t) => {
  const facts = { ...FACTS, publicTarget: 'edge.example.net', httpPort: 80, httpsPort: 443 }
  t.notMatch(textOf(facts), /Good to know|--cacert/)
  t.same(summaryFields(facts), {
    urls: {
      http: 'http://go.localhost:8080/hello',
      https: 'https://go.localhost/hello',
      api: 'http://127.0.0.1:8081',
    },
    data_dir: 'data',
    admin_token_file: 'data/admin-token',
    caddy: '2.11.4',
    notices: [],
  })
})

t.test(
  'without a seed there is nothing to try, and the workspace is left to fill in',
  async (t) => {
    const text = textOf({ ...FACTS, seed: undefined, adminTokenPath: undefined })
    t.notMatch(text, /go\.localhost|Try it/)
    t.match(text, /v1\/workspaces\/<workspace>\/domains/)
    t.match(text, /Bearer \$CORE_ADMIN_TOKEN"/)
  },
)

t.test('without Caddy only plain HTTP is offered', async (t) => {
  const text = textOf({ ...FACTS, caddy: { kind: 'off' } })
  t.match(text, /HTTPS {6}off/)
  t.notMatch(text, /https:\/\/go/)
})

t.test('a path with a space or a quote can still be copied', async (t) => {
  const text = textOf({ ...FACTS, dataDir: "/my d'ata", adminTokenPath: "/my d'ata/admin-token" })
  t.match(text, `$(cat '/my d'\\''ata/admin-token')`)
  t.match(text, `--cacert '/my d'\\''ata/caddy/`)
})
