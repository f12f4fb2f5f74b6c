'use strict'
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const WAIT_MS_MAX = 15 * 60_000
const LOOK_AGAIN_MS = 250

/**
 * Runs `work` while no other set-up of the same tree does: `npm start` and
 * `npm test` in two windows of a fresh clone must not both fill node_modules.
 *
 * A lock whose owner has died is taken over; after 15 minutes the work is done anyway.
 *
 * @template T
 * @param {string} root the tree
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withLock(root, work) {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 12)
  // Why not os.userInfo(): it throws for a user id without an entry in passwd.
  const user = process.getuid?.() ?? 'x'
  const file = path.join(os.tmpdir(), `fingerpost-setup-${user}-${name}.lock`)
  const giveUpAt = Date.now() + WAIT_MS_MAX
  while (!tryLock(file) && Date.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
  try {
    return await work()
  } finally {
    fs.rmSync(file, { force: true })
  }
}

/** @param {string} file */
function tryLock(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    // Why true: where no lock can be written, going without one beats not starting.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') return true
    if (!isOwnerAlive(file)) fs.rmSync(file, { force: true })
    return false
  }
}

/** @param {string} file */
function isOwnerAlive(file) {
  try {
    const pid = Number(fs.readFileSync(file, 'utf8'))
    // Why: between its creation and its first byte a lock names nobody yet.
    if (pid === 0) return Date.now() - fs.statSync(file).mtimeMs < 5_000
    return process.kill(pid, 0)
  } catch {
    // Why false: the file is gone, or no such process exists.
    return false
  }
}

module.exports = { withLock }
