import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { ADMIN_TOKEN, openInstallation } from './installation.ts'

const run = promisify(execFile)

t.test('the examples of the API page run as they stand', async (t) => {
  const page = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8')
  const examples = Array.from(page.matchAll(/```sh\n(.*?)```/gs), (match) => match[1] ?? '')
  t.ok(examples.length >= 9)

  await using open = await openInstallation('sqlite::memory:')
  const api = await open.app.listen({ host: '127.0.0.1', port: 0 })
  const marked = examples.map((example, index) => `echo; echo "== ${index}"\n${example}`)
  const script = ['set -eu', ...marked, 'echo; echo "== end"'].join('\n')
  const env = { PATH: process.env['PATH'], API: api, OPERATOR: ADMIN_TOKEN }
  const { stdout } = await run('sh', ['-c', script], { env })
  const answers = stdout.split(/^== .*$/m).slice(1)
  t.equal(answers.length, examples.length + 1)

  const [domain] = await open.storage.db.selectFrom('domains').selectAll().execute()
  t.match(domain, { hostname: 'links.example.com', root_url: 'https://www.example.com/' })
  const [link] = await open.storage.db.selectFrom('links').selectAll().execute()
  t.match(link, { slug: 'spring', is_disabled: 0, expires_at: null, version: 3 })
  t.match(stdout, '"kind":"added"')
  t.match(stdout, '"tags":["sale"]')
  t.match(stdout, '"code":"hostname_invalid"')
  t.match(answers.at(-4), '"next_cursor":null')
  t.match(answers.at(-3), '"disabled":false', 'disabled before, and waited for')
})
