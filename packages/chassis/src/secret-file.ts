import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isErrno } from './atomic-file.ts'
import { StartError } from './start-error.ts'

const SECRET_BYTES = 32
const SECRET_LENGTH_MIN = 16

/**
 * Reads the secret in a file, and makes one (0600) when there is none. Several
 * processes may do so at the same moment: all get the same secret.
 *
 * @throws {StartError} when the file holds less than 16 characters
 */
export async function readOrCreateSecret(path: string): Promise<string> {
  const present = await readSecret(path)
  if (present !== undefined) return present

  await mkdir(dirname(path), { recursive: true })
  const beside = `${path}.${randomUUID()}.tmp`
  await writeFile(beside, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  })
  try {
    // Why link and not rename: it fails when another process was first.
    await link(beside, path)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  } finally {
    await rm(beside, { force: true })
  }
  const made = await readSecret(path)
  if (made === undefined) throw new StartError(`The secret file "${path}" vanished while starting.`)
  return made
}

async function readSecret(path: string): Promise<string | undefined> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw new StartError(`The secret file "${path}" cannot be read: ${String(error)}`)
  }
  if (text.length >= SECRET_LENGTH_MIN) return text
  throw new StartError(
    `The secret file "${path}" holds ${text.length} characters, fewer than ${SECRET_LENGTH_MIN}. ` +
      'Delete it to have one made.',
  )
}
