import { encode, type Packet } from 'dns-packet'
import * as fc from 'fast-check'
import t from 'tap'
import { decodeResponse, encodeQuery, isAskable, RECORDS_MAX, responseIdOf } from './wire-format.ts'
import { NAMES_LENGTH_MAX, POINTERS_MAX } from './wire-reader.ts'

const question = { name: 'a.test', type: 'A', isRecursive: true, hasEdns: true } as const

const response = (more: Packet): Buffer =>
  encode({ type: 'response', id: 7, questions: [{ type: 'A', name: 'a.test' }], ...more })

t.test('names that can be asked for are told from texts', async (t) => {
  for (const name of ['a', 'a.test', '_x.a.test', '*.a.test', `${'x'.repeat(63)}.test`]) {
    t.ok(isAskable(name), name)
  }
  for (const name of [
    '',
    '.',
    'a..test',
    'a.test.',
    `${'x'.repeat(64)}.test`,
    `${'x.'.repeat(126)}xx`,
    'a b.test',
    'a\\.b.test',
    'ü.test',
  ]) {
    t.notOk(isAskable(name), name)
  }
})

t.test('only a response has an id', async (t) => {
  t.equal(responseIdOf(response({})), 7)
  t.equal(responseIdOf(encodeQuery(7, question)), undefined)
  t.equal(responseIdOf(Buffer.from('too short')), undefined)
})

t.test('names keep what is in their labels', async (t) => {
  const target = Buffer.concat([
    Buffer.from([5]),
    Buffer.from('A.b\\c', 'latin1'),
    Buffer.from([2, 0x20, 0xe9, 4]),
    Buffer.from('TEST\0', 'latin1'),
  ])
  const packet = response({ answers: [{ type: 'NULL', name: 'a.test', data: target }] })
  // The type is the second to last thing before class, TTL, length and data.
  packet.writeUInt16BE(5, packet.length - target.length - 10)
  const message = decodeResponse(packet, { ...question, name: 'a.test' })
  t.match(message, { answers: [{ type: 'CNAME', value: String.raw`a\.b\\c.\032\233.test` }] })
})

t.test('a high TTL is none, and types that nobody asks for are left out', async (t) => {
  const message = decodeResponse(
    response({
      answers: [
        { type: 'A', name: 'a.test', data: '192.0.2.1', ttl: 0x8000_0000 },
        { type: 'MX', name: 'a.test', data: { preference: 1, exchange: 'mx.test' } },
      ],
    }),
    question,
  )
  t.same(typeof message === 'object' && message.answers, [
    { owner: 'a.test', type: 'A', ttlS: 0, value: '192.0.2.1' },
  ])
})

t.test('a code of more than four bits is put together', async (t) => {
  const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 1, ednsVersion: 0 }
  const additionals = [{ ...opt, flags: 0, flag_do: false, options: [] }] as NonNullable<
    Packet['additionals']
  >
  t.match(decodeResponse(response({ additionals }), question), { rcode: 16 })
})

t.test('no octets whatever break the reader, and pointers end', async (t) => {
  const whole = response({
    answers: [
      { type: 'TXT', name: 'a.test', data: ['one', 'two'] },
      { type: 'CAA', name: 'a.test', data: { flags: 0, tag: 'issue', value: 'ca.test' } },
      { type: 'AAAA', name: 'a.test', data: '2001:db8::1' },
    ],
  })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 12 }),
      fc.nat(whole.length),
      (changes, length) => {
        const packet = Buffer.from(whole)
        for (const [at, octet] of changes) packet[at] = octet
        decodeResponse(packet.subarray(0, Math.max(12, length)), question)
        return true
      },
    ),
    { numRuns: 5_000 },
  )
  const loop = response({ answers: [{ type: 'A', name: 'a.test', data: '192.0.2.1' }] })
  const answerAt = 12 + 8 + 4
  loop.writeUInt16BE(0xc000 | answerAt, answerAt)
  t.equal(decodeResponse(loop, question), 'malformed')
})

/** Writes a response whose answers are so many records of one type, each as `record` has it. */
function many(count: number, record: (index: number) => readonly number[]): Buffer {
  const packet = Buffer.concat([
    response({}),
    ...Array.from({ length: count }, (_, index) => Buffer.from(record(index))),
  ])
  packet.writeUInt16BE(count, 6)
  return packet
}

// Of the name that was asked for: type A, class IN, TTL 0, one address.
const A_RECORD = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1]

t.test('an answer of more records than anybody publishes is not read', async (t) => {
  t.match(
    decodeResponse(
      many(RECORDS_MAX, () => A_RECORD),
      question,
    ),
    { rcode: 0 },
  )
  t.equal(
    decodeResponse(
      many(RECORDS_MAX + 1, () => A_RECORD),
      question,
    ),
    'malformed',
  )
  const bare = response({})
  for (const countAt of [6, 8, 10]) {
    const packet = Buffer.from(bare)
    packet.writeUInt16BE(RECORDS_MAX + 1, countAt)
    t.equal(decodeResponse(packet, question), 'malformed', `count at ${countAt}`)
  }
})

t.test('a name is followed through so many pointers only', async (t) => {
  const at = response({}).length
  const pointerTo = (target: number): number[] => [0xc0 | (target >> 8), target & 0xff]
  const throughPointers = (count: number): Buffer => {
    const octets = count * 2
    const head = [0xc0, 12, 0, 99, 0, 1, 0, 0, 0, 0, octets >> 8, octets & 0xff]
    const first = at + head.length
    const hops = Array.from({ length: count }, (_, index) =>
      pointerTo(index === 0 ? 12 : first + (index - 1) * 2),
    )
    const [, , ...rest] = A_RECORD
    const records = [
      [...head, ...hops.flat()],
      [...pointerTo(first + (count - 1) * 2), ...rest],
    ]
    return many(2, (index) => records[index] ?? [])
  }
  t.match(decodeResponse(throughPointers(POINTERS_MAX - 1), question), {
    answers: [{ owner: 'a.test', value: '192.0.2.1' }],
  })
  t.equal(decodeResponse(throughPointers(POINTERS_MAX), question), 'malformed')
})

t.test('names that are written out longer than a message are not read', async (t) => {
  const label = [63, ...Array.from({ length: 63 }, () => 1)]
  const long = [...label, ...label, ...label, 0]
  const head = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 0, 0, long.length]
  const at = response({}).length + head.length
  const again = [0xc0 | (at >> 8), at & 0xff, ...head.slice(2, 11), 2, 0xc0 | (at >> 8), at & 0xff]
  const packet = (count: number) =>
    many(count, (index) => (index === 0 ? [...head, ...long] : again))
  // Each name is three labels of 252 characters with dots between: `\\001` for each octet.
  const names = Math.floor(NAMES_LENGTH_MAX / 758)
  t.type(decodeResponse(packet(names / 2), question), 'object')
  t.equal(decodeResponse(packet(names / 2 + 1), question), 'malformed')
})

t.test('only a failure may leave the question out', async (t) => {
  const bare = (rcode: number): Buffer => {
    const packet = Buffer.alloc(12)
    packet.writeUInt16BE(0x8000 | rcode, 2)
    return packet
  }
  t.match(decodeResponse(bare(1), question), { rcode: 1 }, 'FORMERR')
  t.match(decodeResponse(bare(5), question), { rcode: 5 }, 'REFUSED')
  t.equal(decodeResponse(bare(0), question), 'not_ours')
  t.equal(decodeResponse(bare(3), question), 'not_ours', 'NXDOMAIN is a statement about a name')
})
