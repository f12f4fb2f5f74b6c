import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ERROR_CODES } from '@fingerpost/model/errors'

const ROW = /^\| `([a-z_]+)` +\| (\d{3}) +\| (yes|no) +\| (.+?) +\|$/gm

t.test('the page of errors and the table of codes say the same', async (t) => {
  const page = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = Array.from(page.matchAll(ROW), ([, code, status, again, meaning]) => ({
    code,
    status: Number(status),
    retryable: again === 'yes',
    hasMeaning: /^[A-Z].{10,}\.$/.test(meaning ?? ''),
  }))
  const table = Object.entries(ERROR_CODES).map(([code, { httpStatus, retryable }]) => ({
    code,
    status: httpStatus,
    retryable,
    hasMeaning: true,
  }))
  t.same(rows, table)
})
