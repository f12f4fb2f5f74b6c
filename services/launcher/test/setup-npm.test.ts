import t from 'tap'
import { environmentForNpm, isInstallCurrent, npmCommand } from '../setup/npm-packages.cjs'

const LOCK = {
  '': { version: '0.1.0' },
  'node_modules/@fingerpost/edge': { resolved: 'services/edge', link: true },
  'node_modules/pino': { version: '10.4.0', integrity: 'sha512-a' },
  'node_modules/oxlint-darwin': { version: '1.0.0', optional: true },
  'services/edge': { version: '0.1.0' },
}
const { 'node_modules/oxlint-darwin': _other, '': _root, ...INSTALLED } = LOCK
const text = (packages: object): string => JSON.stringify({ lockfileVersion: 3, packages })

const INSTALLS = [
  { when: 'all but a package for another system is there', installed: INSTALLED, then: true },
  { when: 'that package is there too', installed: { ...LOCK, '': undefined }, then: true },
  {
    when: 'a package has another version',
    installed: { ...INSTALLED, 'node_modules/pino': { version: '10.3.0', integrity: 'sha512-a' } },
    then: false,
  },
  {
    when: 'a package has other contents',
    installed: { ...INSTALLED, 'node_modules/pino': { version: '10.4.0', integrity: 'sha512-b' } },
    then: false,
  },
  {
    when: 'a workspace leads elsewhere',
    installed: {
      ...INSTALLED,
      'node_modules/@fingerpost/edge': { resolved: 'services/old', link: true },
    },
    then: false,
  },
  {
    when: 'a workspace was copied',
    installed: { ...INSTALLED, 'node_modules/@fingerpost/edge': { version: '0.1.0' } },
    then: false,
  },
  {
    when: 'a package is there that the lock file does not name',
    installed: { ...INSTALLED, 'node_modules/left': { version: '1.0.0' } },
    then: false,
  },
  { when: 'a package is missing', installed: { 'services/edge': {} }, then: false },
]

for (const { when, installed, then } of INSTALLS) {
  t.test(`node_modules is ${then ? 'kept' : 'filled again'} when ${when}`, async (t) => {
    t.equal(isInstallCurrent(text(LOCK), text(installed)), then)
  })
}

t.test('node_modules is filled when there is none, or npm was stopped half way', async (t) => {
  t.notOk(isInstallCurrent(text(LOCK), undefined))
  t.notOk(isInstallCurrent(text(LOCK), ''))
  t.notOk(isInstallCurrent(text(LOCK), '{"lockfileVersion": 3}'))
})

t.test('an inner npm keeps where packages come from, not what the outer was told', async (t) => {
  const outer = {
    HOME: '/home/ada',
    NODE_ENV: 'production',
    npm_config_registry: 'https://npm.example/',
    npm_config_cache: '/cache',
    npm_config_ignore_scripts: 'true',
    npm_config_omit: 'dev',
    npm_config_dry_run: 'true',
    npm_config_global: 'true',
    npm_config_prefix: '/usr',
    NPM_CONFIG_PRODUCTION: 'true',
    npm_command: 'test',
    npm_lifecycle_event: 'pretest',
    npm_package_name: 'fingerpost',
    PATH: '/src/node_modules/.bin:/npm/node_modules/@npmcli/run-script/bin:/usr/bin:/bin',
  }
  t.same(environmentForNpm(outer), {
    HOME: '/home/ada',
    npm_config_registry: 'https://npm.example/',
    npm_config_cache: '/cache',
    npm_config_ignore_scripts: 'true',
    PATH: '/usr/bin:/bin',
  })
})

t.test('the npm that runs the script runs again, on a Node that it does not delete', async (t) => {
  const cli = '/usr/lib/node_modules/npm/bin/npm-cli.js'
  t.same(npmCommand({ npm_execpath: cli, npm_node_execpath: '/usr/bin/node' }), {
    command: '/usr/bin/node',
    args: [cli],
  })
  const plain = { command: 'npm', args: [] }
  t.same(npmCommand({}), plain)
  t.same(npmCommand({ npm_execpath: '/opt/yarn.js', npm_node_execpath: '/usr/bin/node' }), plain)
  const ours = { npm_execpath: cli, npm_node_execpath: '/src/node_modules/node/bin/node' }
  t.same(npmCommand(ours), plain)
})
