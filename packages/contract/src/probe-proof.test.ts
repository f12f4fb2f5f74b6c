import { createHmac } from 'node:crypto'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import t from 'tap'
import { PROBE_RANDOM_OCTETS, ProbeProof } from './probe-proof.ts'

const HOST = hostname('links.example.com')
const RANDOM = Buffer.alloc(PROBE_RANDOM_OCTETS, 7)
const EXPIRES_AT = 1_800_000_000_000
const proof = new ProbeProof('a secret of this installation')
const nonce = proof.makeNonce(EXPIRES_AT, RANDOM)

function hostname(text: string): Hostname {
  const parsed = canonicalHostname(text)
  if (parsed === undefined) throw new Error(`no hostname: ${text}`)
  return parsed
}

function answered(now = 0): string {
  return proof.answer(nonce, HOST, now) ?? ''
}

t.test('an answer is right for its nonce and hostname only', async (t) => {
  t.equal(proof.isAnswer(answered(), nonce, HOST), true)
  t.equal(proof.isAnswer(answered(), nonce, hostname('links.example.org')), false)
  const other = proof.makeNonce(EXPIRES_AT, Buffer.alloc(PROBE_RANDOM_OCTETS, 8))
  t.equal(proof.isAnswer(answered(), other, HOST), false)
  t.equal(new ProbeProof('another secret entirely').isAnswer(answered(), nonce, HOST), false)
})

t.test('a nonce is good until its last millisecond', async (t) => {
  t.type(proof.answer(nonce, HOST, EXPIRES_AT - 1), 'string')
  t.equal(proof.answer(nonce, HOST, EXPIRES_AT), undefined)
})

t.test('a nonce of another installation is none', async (t) => {
  const other = new ProbeProof('another secret entirely').makeNonce(EXPIRES_AT, RANDOM)
  t.equal(proof.answer(other, HOST, 0), undefined)
})

t.test('a nonce with any one bit changed is none', async (t) => {
  const octets = Buffer.from(nonce, 'base64url')
  t.equal(octets.length, 33)
  for (let bit = 0; bit < octets.length * 8; bit += 1) {
    const changed = Buffer.from(octets)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    t.equal(proof.answer(changed.toString('base64url'), HOST, 0), undefined, `bit ${bit}`)
  }
})

for (const text of [
  '',
  nonce.slice(0, -1),
  `${nonce}A`,
  `${nonce}=`,
  ` ${nonce.slice(1)}`,
  `${nonce.slice(0, -1)}+`,
  `${nonce.slice(0, -1)}\u00e9`,
  'A'.repeat(44),
  'A'.repeat(100_000),
]) {
  t.test(`${JSON.stringify(text.slice(0, 50))} is no nonce`, async (t) => {
    t.equal(proof.answer(text, HOST, 0), undefined)
  })
}

for (const text of [
  '',
  answered().slice(0, -1),
  `${answered()}A`,
  `${answered()}\n`,
  ` ${answered()}`,
  'A'.repeat(43),
  nonce,
]) {
  t.test(`${JSON.stringify(text)} is no answer`, async (t) => {
    t.equal(proof.isAnswer(text, nonce, HOST), false)
  })
}

t.test('the key is not the secret itself, and a signature is no answer', async (t) => {
  const plain = createHmac('sha256', 'a secret of this installation')
  const guess = plain.update(`answer ${nonce} ${HOST}`).digest('base64url')
  t.not(answered(), guess)
  t.notMatch(answered(), nonce.slice(-21))
})
