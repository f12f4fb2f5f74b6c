import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

// No passwd has an entry for it, as in `docker run -u 54321`.
const USER = 54_321
const skip = process.getuid?.() === 0 ? false : 'only root can become a user without a name'

const setupFile = (name: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../setup/${name}`, import.meta.url)))

/** Runs a script as that user, without HOME; gives what it prints. */
function runNameless(script: string, folder: string): string {
  // Why loaded before: the user may be unable to read the tree.
  const asUser = `
    const { withLock } = require(${setupFile('lock.cjs')})
    const { cacheFolder } = require(${setupFile('caddy-cache.cjs')})
    process.setgroups([])
    process.setgid(${USER})
    process.setuid(${USER})
    ${script}`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', asUser], {
    encoding: 'utf8',
    cwd: '/',
    env: { TMPDIR: folder },
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

function sharedFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fingerpost-user-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o1777)
  return folder
}

t.test('the set-up lock works for a user without a passwd entry', { skip }, async (t) => {
  const folder = sharedFolder(t)
  const script = `withLock('/tree', async () => console.log(
    require('node:fs').readdirSync(${JSON.stringify(folder)}).join()))`
  t.match(runNameless(script, folder), new RegExp(`^fingerpost-setup-${USER}-\\w+\\.lock$`))
})

t.test('the cache of a user without a home is in a folder of its own', { skip }, async (t) => {
  const folder = sharedFolder(t)
  const home = join(folder, `fingerpost-home-${USER}`)
  const script = 'console.log(cacheFolder({}))'
  t.equal(runNameless(script, folder), join(home, '.cache', 'fingerpost'))
  t.ok(existsSync(home))
  t.equal(runNameless(script, folder), join(home, '.cache', 'fingerpost'))
})

t.test('a folder that somebody else put there is not trusted', { skip }, async (t) => {
  const folder = sharedFolder(t)
  const home = join(folder, `fingerpost-home-${USER}`)
  mkdirSync(home)
  const cache = runNameless('console.log(cacheFolder({}))', folder)
  t.not(cache, join(home, '.cache', 'fingerpost'))
  t.ok(cache.startsWith(`${home}-`))
})
