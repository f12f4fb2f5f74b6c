import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { missingPrograms } from '../support/program.ts'
import type { Crowd } from './crowd.ts'

const run = promisify(execFile)
const RULES = join(import.meta.dirname, '../../deploy/nftables/fingerpost.nft')
const CROWD = join(import.meta.dirname, 'crowd.ts')
const skip =
  missingPrograms(['nft', 'ip', 'unshare']) ||
  (spawnSync('unshare', ['--net', 'true']).status !== 0 && 'only root may make network namespaces')

/** Runs a shell's line in a network namespace of its own, which ends with it. */
async function inNamespace(line: string): Promise<string> {
  const { stdout } = await run('unshare', [
    '--net',
    'sh',
    '-ec',
    line,
    RULES,
    process.execPath,
    CROWD,
  ])
  return stdout
}

t.test('a crowd is limited, its neighbours and other ports are not', { skip }, async (t) => {
  // Why twice: loading it again replaces what is there.
  const told = await inNamespace('ip link set lo up; nft -f "$0"; nft -f "$0"; "$1" "$2"')
  const [crowd, neighbour, ipv6, elsewhere] = JSON.parse(told) as readonly Crowd[]
  for (const limited of [crowd, ipv6]) {
    const letIn = limited?.letIn ?? 0
    t.ok(letIn >= 20 && letIn < 1_500, `${letIn} of 1,500 from ${limited?.from}`)
  }
  t.equal(neighbour?.letIn, 5)
  t.equal(elsewhere?.letIn, 1_500)
})

t.test('who is limited can be listed, and all of it taken away', { skip }, async (t) => {
  const listed = await inNamespace(
    'ip link set lo up; nft -f "$0"; "$1" "$2" > /dev/null; ' +
      'nft list table inet fingerpost; nft delete table inet fingerpost; nft list ruleset',
  )
  t.match(listed, /127\.7\.7\.0 .*limit rate over 100\/second burst 20 packets/)
  t.match(listed, /counter dropped \{\s+packets [1-9]/)
  t.equal(listed.match(/table inet fingerpost/g)?.length, 1)
})
