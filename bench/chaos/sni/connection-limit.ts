import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findOnPath } from '../../../test/support/program.ts'

const run = promisify(execFile)
const RULES = join(import.meta.dirname, '../../../deploy/nftables/fingerpost.nft')
const TABLE = 'inet fingerpost_chaos'

/** A limit that holds until it is disposed of, or why there is none. */
export type ConnectionLimit =
  | ({ readonly kind: 'on' } & AsyncDisposable)
  | ({ readonly kind: 'off'; readonly reason: string } & AsyncDisposable)

/** Loads the limits of deploy/nftables for one port, in a table of another name. */
export async function limitConnections(port: number, directory: string): Promise<ConnectionLimit> {
  if (findOnPath('nft') === undefined) return off('"nft" is not on PATH')
  const rules = (await readFile(RULES, 'utf8'))
    .replaceAll('table inet fingerpost', `table ${TABLE}`)
    .replace('{ 80, 443 }', `{ ${port} }`)
  const file = join(directory, 'limit.nft')
  await writeFile(file, rules)
  try {
    await run('nft', ['-f', file])
  } catch (error) {
    // Why no failure: the rest of the row does not need it, and only root may load it.
    return off(String(error))
  }
  const remove = async (): Promise<void> =>
    void (await run('nft', ['delete', 'table', ...TABLE.split(' ')]))
  return { kind: 'on', [Symbol.asyncDispose]: remove }
}

function off(reason: string): ConnectionLimit {
  return { kind: 'off', reason, [Symbol.asyncDispose]: async () => {} }
}
