import { isAtOrUnder } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import type {
  AnswerDetails,
  DnsAnswer,
  DnsFailure,
  DnsRecord,
  DnsType,
} from '../rules/dns-answer.ts'
import type { DnsMessage } from './wire-format.ts'

const NOERROR = 0
const NXDOMAIN = 3

/** Gives what a response says about the name and type that were asked for. */
export function readAnswer(
  message: DnsMessage,
  { name, type }: { readonly name: string; readonly type: DnsType },
  at: EpochMs,
): DnsAnswer {
  const { rcode, isAuthoritative, answers } = message
  const { chain, records } = followInside(answers, name, type)
  const soa = message.authorities.find((record) => record.type === 'SOA')
  const used = [...chain, ...records].map(({ ttlS }) => ttlS)
  const details: AnswerDetails = {
    rcode: RCODE_NAMES[rcode] ?? `RCODE${rcode}`,
    isAuthoritative,
    chain: chain.map(({ value }) => value),
    records: answers,
    ttlS: records.length > 0 ? Math.min(...used) : minOf([...used, ...(soa ? [soa.ttlS] : [])]),
    soaOwner: soa?.owner,
    at,
  }
  const failed = (failure: DnsFailure): DnsAnswer => ({ kind: 'failed', failure, details })

  if (rcode !== NOERROR && rcode !== NXDOMAIN) return failed(FAILURES.get(rcode) ?? 'malformed')
  if (records.length > 0) {
    return { kind: 'found', values: records.map(({ value }) => value), details }
  }
  if (rcode === NXDOMAIN) return { kind: 'nxdomain', details }
  const end = chain.at(-1)?.value ?? name
  const isSoaOfEnd = soa !== undefined && (soa.owner === '.' || isAtOrUnder(end, soa.owner))
  // Why: what a CNAME leads to has no such record only when the zone there says so.
  if (chain.length > 0 && !isSoaOfEnd) return failed('incomplete')
  const refers = message.authorities.some((record) => record.type === 'NS')
  if (refers && soa === undefined && !isAuthoritative) return failed('incomplete')
  return { kind: 'no_data', details }
}

type Followed = {
  readonly chain: readonly DnsRecord[]
  readonly records: readonly DnsRecord[]
}

function followInside(answers: readonly DnsRecord[], name: string, type: DnsType): Followed {
  const chain: DnsRecord[] = []
  let owner = name.toLowerCase()
  for (;;) {
    const records = answers.filter((record) => record.owner === owner && record.type === type)
    if (records.length > 0) return { chain, records }
    const cname = answers.find((record) => record.owner === owner && record.type === 'CNAME')
    // Why bounded by the records: a circle inside an answer passes each of them once.
    if (cname === undefined || chain.includes(cname)) return { chain, records }
    chain.push(cname)
    owner = cname.value
  }
}

function minOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values)
}

const FAILURES = new Map<number, DnsFailure>([
  [2, 'servfail'],
  [5, 'refused'],
])

// @see IANA, DNS RCODEs
const RCODE_NAMES: readonly (string | undefined)[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
]
