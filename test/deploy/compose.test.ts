import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const OURS = ['api-core', 'ask', 'domain-manager', 'edge']

type ComposeService = {
  readonly image: string
  readonly command?: readonly string[]
  readonly user?: string
  readonly ports?: readonly string[]
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly networks?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly restart: string
}

const text = readFileSync(join(REPOSITORY, 'docker-compose.yml'), 'utf8')
const dockerfile = readFileSync(join(REPOSITORY, 'deploy/docker/Dockerfile'), 'utf8')
const { services, networks } = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
}
const running = Object.entries(services).filter(([, service]) => service.restart !== 'no')

t.test('only 80, 443 by TCP and 443 by UDP are published, and only by Caddy', async (t) => {
  const published = Object.entries(services).flatMap(([name, service]) =>
    (service.ports ?? []).map((port) => `${name} ${port}`),
  )
  t.same(published, ['caddy 80:80', 'caddy 443:443/tcp', 'caddy 443:443/udp'])
  t.notMatch(text, /network_mode: host/)
})

t.test('the services run beside the Caddy and the Redis that are meant', async (t) => {
  t.same(running.map(([name]) => name).toSorted(), [...OURS, 'caddy', 'redis'].toSorted())
  t.equal(services['caddy']?.image, 'caddy:2.11.4')
  t.match(services['redis']?.image, /^redis:\d+$/)
})

t.test('nothing runs as root, with a writable file system or with capabilities', async (t) => {
  t.match(dockerfile, /^USER node$/m)
  for (const [name, service] of Object.entries(services)) {
    if (service.image !== 'fingerpost') t.match(service.user, /^[1-9]\d*:[1-9]\d*$/, name)
    t.equal(service.read_only, true, name)
    t.same(service.cap_drop, ['ALL'], name)
  }
})

t.test('every container that stays has a health check', async (t) => {
  for (const [name, service] of running) t.equal(service.healthcheck?.test[0], 'CMD', name)
})

t.test('the health checks of our services ask the ops listener that is set', async (t) => {
  for (const name of OURS) {
    const environment = services[name]?.environment ?? {}
    const ops = Object.entries(environment).find(([setting]) => setting.endsWith('_OPS_ADDR'))
    const port = ops?.[1].split(':')[1]
    t.match(services[name]?.healthcheck?.test.at(-1), `http://127.0.0.1:${port}/readyz`, name)
  }
})

t.test('the edge, ask and Redis reach nothing outside', async (t) => {
  t.same(services['ask']?.networks, ['inside'])
  t.same(services['edge']?.networks, ['inside'])
  t.same(services['redis']?.networks, ['inside'])
  t.equal(networks['inside']?.internal, true)
})

t.test('secrets come by file, and each file is mounted', async (t) => {
  t.notMatch(text, /_TOKEN:/)
  for (const [name, service] of Object.entries(services)) {
    const files = Object.entries(service.environment ?? {})
      .filter(([setting]) => setting.endsWith('_FILE'))
      .map(([, path]) => path.replace('/run/secrets/', ''))
    t.same(files.toSorted(), (service.secrets ?? []).toSorted(), name)
  }
})

t.test('every command starts a main that is there', async (t) => {
  for (const name of OURS) {
    const main = services[name]?.command?.at(-1) ?? ''
    const expected = name === 'ask' ? 'domain-manager/src/ask-main.ts' : `${name}/src/main.ts`
    t.equal(main, `services/${expected}`)
    t.ok(existsSync(join(REPOSITORY, main)))
  }
})

t.test("the image's Node is the one of package.json", async (t) => {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  t.match(dockerfile, `ARG NODE_VERSION=${manifest.dependencies['node']}\n`)
})

t.test('docker compose accepts the file, and asks for the public name', async (t) => {
  const client = [['docker', 'compose'], ['docker-compose']].find(
    ([command = '', ...args]) => spawnSync(command, [...args, 'version']).status === 0,
  )
  // Why no skip: what matters was looked at above, and a machine without Docker lacks nothing else.
  if (client === undefined) return t.comment('Docker Compose is not here: not asked.')
  const [command = '', ...args] = client
  const options = { cwd: REPOSITORY, encoding: 'utf8', stdio: 'pipe' } as const
  const env = { PATH: process.env['PATH'] ?? '' }
  execFileSync(command, [...args, 'config', '--quiet'], {
    ...options,
    env: { ...env, FINGERPOST_PUBLIC_TARGET: 'edge.example.net' },
  })
  const refused = spawnSync(command, [...args, 'config', '--quiet'], { ...options, env })
  t.not(refused.status, 0)
  t.match(refused.stderr, /the name that CNAMEs lead to/)
})
