import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import packet, { type RecordType } from 'dns-packet'
import t from 'tap'
import { missingPrograms } from './program.ts'
import { SCRIPTED_DNS_PROGRAMS, startScriptedDns, type ScriptedDns } from './scripted-dns.ts'

const skip = missingPrograms(SCRIPTED_DNS_PROGRAMS)

type Answer = { rcode: string; records: string[]; authority: string[]; isAuthoritative: boolean }

async function ask(dns: ScriptedDns, type: RecordType, name: string): Promise<Answer> {
  const socket = createSocket('udp4')
  const answered = once(socket, 'message')
  socket.send(
    packet.encode({ type: 'query', id: 1, questions: [{ type, name }] }),
    dns.port,
    '127.0.0.1',
  )
  const [message]: Buffer[] = await answered
  socket.close()
  const { answers = [], authorities = [], ...header } = packet.decode(message ?? Buffer.alloc(0))
  const text = (record: packet.Answer) =>
    `${record.name} ${record.type} ${'data' in record ? textOf(record.data) : ''}`.trim()
  return {
    rcode: 'rcode' in header ? String(header.rcode) : '',
    records: answers.map(text),
    authority: authorities.map((record) => `${record.name} ${record.type}`),
    isAuthoritative: header.flag_aa ?? false,
  }
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data
  return Array.isArray(data) ? data.map(String).join('|') : JSON.stringify(data)
}

const EMPTY = { rcode: 'NOERROR', records: [] }

t.test('each kind of record can be set, replaced and taken away', { skip }, async (t) => {
  await using dns = await startScriptedDns()
  const records = async (type: RecordType, name: string) => (await ask(dns, type, name)).records

  await dns.setA('a.test', ['127.0.0.1'])
  await dns.setA('a.test', ['127.0.0.2', '127.0.0.3'])
  t.same(await records('A', 'a.test'), ['a.test A 127.0.0.2', 'a.test A 127.0.0.3'])
  await dns.setA('a.test', [])
  t.same(await records('A', 'a.test'), [])

  await dns.setAaaa('a.test', ['::2'])
  t.same(await records('AAAA', 'a.test'), ['a.test AAAA ::2'])
  await dns.setAaaa('a.test', [])
  t.same(await records('AAAA', 'a.test'), [])

  await dns.setTxt('_x.a.test', ['one'])
  await dns.setTxt('_x.a.test', ['two', 'three'])
  t.same(await records('TXT', '_x.a.test'), ['_x.a.test TXT two', '_x.a.test TXT three'])
  await dns.setTxt('_x.a.test', [])
  t.same(await records('TXT', '_x.a.test'), [])

  await dns.setCaa('a.test', [{ tag: 'issue', value: 'letsencrypt.org' }])
  t.match(await records('CAA', 'a.test'), [/"flags":0,"tag":"issue","value":"letsencrypt.org"/])
  await dns.setCaa('a.test', [])
  t.same(await records('CAA', 'a.test'), [])

  await dns.setServfail('a.test')
  t.match(await ask(dns, 'A', 'a.test'), { rcode: 'SERVFAIL', records: [] })
  await dns.clearServfail('a.test')
  t.match(await ask(dns, 'A', 'a.test'), EMPTY)
})

t.test('it differs from real DNS in these ways', { skip }, async (t) => {
  await using dns = await startScriptedDns()
  t.match(await ask(dns, 'A', 'no.such.test'), EMPTY, 'no NXDOMAIN')
  t.match(await ask(dns, 'AAAA', 'no.such.test'), EMPTY, 'no default address either')
  t.match(await ask(dns, 'NS', 'a.test'), { rcode: 'NOTIMP', records: [] })
  t.match(await ask(dns, 'SOA', 'a.test'), { rcode: 'NOTIMP', records: [] })

  await dns.setA('a.test', ['127.0.0.1'])
  const positive = await ask(dns, 'A', 'a.test')
  t.same(positive.authority, ['challtestsrv.invalid SOA'], 'its SOA comes with every answer')
  t.equal(positive.isAuthoritative, false)
  t.match(await ask(dns, 'A', 'A.test'), EMPTY, 'names are compared as written')
})

t.test('a CNAME is followed for one step', { skip }, async (t) => {
  await using dns = await startScriptedDns()
  await dns.setCname('alias.test', 'target.test')
  await dns.setA('target.test', ['127.0.0.1'])
  t.match(await ask(dns, 'A', 'alias.test'), {
    records: ['alias.test CNAME target.test', 'target.test A 127.0.0.1'],
  })
  t.match(await ask(dns, 'TXT', 'alias.test'), { records: ['alias.test CNAME target.test'] })

  await dns.setServfail('target.test')
  t.match(await ask(dns, 'A', 'alias.test'), { rcode: 'NOERROR' }, 'the alias still answers')
  await dns.setCname('target.test', 'beyond.test')
  await dns.setA('beyond.test', ['127.0.0.9'])
  t.notMatch(await ask(dns, 'A', 'alias.test'), { records: [/./, /./, /beyond/] })
  await dns.clearCname('alias.test')
  t.match(await ask(dns, 'A', 'alias.test'), EMPTY)
})

t.test('questions are remembered by name, in order, until forgotten', { skip }, async (t) => {
  await using dns = await startScriptedDns()
  t.same(await dns.questions('a.test'), [])
  for (const type of ['CNAME', 'A', 'CAA', 'NS'] as const) await ask(dns, type, 'a.test')
  t.same(await dns.questions('a.test'), ['CNAME', 'A', 'CAA', 'NS'])
  await dns.forgetQuestions('a.test')
  t.same(await dns.questions('a.test'), [])
})
