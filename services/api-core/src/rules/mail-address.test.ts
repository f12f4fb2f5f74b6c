import t from 'tap'
import { MAIL_ADDRESS_LENGTH_MAX, parseMailAddress } from './mail-address.ts'

const LABELS = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}`

t.test('a plain address is taken, with its domain folded', async (t) => {
  for (const [text, address] of [
    ['ops@example.com', 'ops@example.com'],
    ['Ops+fp@Mail.EXAMPLE.com', 'Ops+fp@mail.example.com'],
    ["o'brien.x@example.com", "o'brien.x@example.com"],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    [`${'l'.repeat(64)}@example.com`, `${'l'.repeat(64)}@example.com`],
  ] as const) {
    t.equal(parseMailAddress(text), address, text)
  }
})

t.test('what could be no address, or leave its header line, is refused', async (t) => {
  for (const text of [
    '',
    '@',
    'ops',
    '@example.com',
    'ops@',
    'ops@localhost',
    'ops@example.com:25',
    'ops@example.com.',
    'ops@127.0.0.1',
    'ops@[127.0.0.1]',
    'ops@exa mple.com',
    'ops@bücher.example',
    'bücher@example.com',
    'a@b@example.com',
    '.ops@example.com',
    'o..ps@example.com',
    '"ops"@example.com',
    'Ops <ops@example.com>',
    'ops@example.com, x@example.com',
    'ops@example.com\r\nBcc: x@example.com',
    'ops\r\n@example.com',
    'ops@example.com\n',
    `${'l'.repeat(65)}@example.com`,
  ]) {
    t.equal(parseMailAddress(text), undefined, JSON.stringify(text))
  }
})

t.test('an address is at most as long as the standard allows', async (t) => {
  const local = 'l'.repeat(MAIL_ADDRESS_LENGTH_MAX - LABELS.length - 1)
  t.equal(parseMailAddress(`${local}@${LABELS}`)?.length, MAIL_ADDRESS_LENGTH_MAX)
  t.equal(parseMailAddress(`${local}x@${LABELS}`), undefined)
})
