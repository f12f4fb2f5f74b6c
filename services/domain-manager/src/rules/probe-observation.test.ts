import t from 'tap'
import { observeProbe, type AddressProbe, type ProbeOutcome } from './probe-observation.ts'

const NOW = 1_800_000_000_000
const HOSTNAME = 'links.example.com'
const V4 = '192.0.2.1'
const OTHER_V4 = '192.0.2.2'
const V6 = '2001:db8::1'
const OTHER_V6 = '2001:db8::2'
const URL = 'http://links.example.com/'

const PROVED: ProbeOutcome = { kind: 'proved' }
const ELSEWHERE: ProbeOutcome = { kind: 'answered', status: 404, url: URL }
const TIMEOUT: ProbeOutcome = { kind: 'failed', failure: 'timeout', url: URL }
const REFUSED: ProbeOutcome = { kind: 'failed', failure: 'refused', url: URL }
const NO_ROUTE: ProbeOutcome = { kind: 'no_route' }
const NO_ROUTE_ON: ProbeOutcome = { kind: 'redirect_untold', url: URL, why: 'no_route' }

function observe(...probes: readonly (readonly [address: string, outcome: ProbeOutcome])[]) {
  const given: AddressProbe[] = probes.map(([address, outcome]) => ({ address, outcome }))
  return observeProbe(HOSTNAME, given, NOW)
}

const CASES: readonly (readonly [
  when: string,
  probes: readonly (readonly [address: string, outcome: ProbeOutcome])[],
  then: string,
])[] = [
  ['there is no address', [], 'unknown'],
  ['the one address proves', [[V4, PROVED]], 'reached'],
  ['it redirects to where there is no way', [[V4, NO_ROUTE_ON]], 'unknown'],
  [
    'one of two IPv4 redirects to where there is no way',
    [
      [V4, PROVED],
      [OTHER_V4, NO_ROUTE_ON],
    ],
    'unknown',
  ],
  [
    'all prove',
    [
      [V4, PROVED],
      [V6, PROVED],
    ],
    'reached',
  ],
  [
    'IPv6 answers as something else',
    [
      [V4, PROVED],
      [V6, ELSEWHERE],
    ],
    'partly',
  ],
  [
    'IPv6 does not answer',
    [
      [V4, PROVED],
      [V6, TIMEOUT],
    ],
    'partly',
  ],
  [
    'one of two IPv4 is wrong',
    [
      [V4, PROVED],
      [OTHER_V4, ELSEWHERE],
    ],
    'partly',
  ],
  ['something else answers', [[V4, ELSEWHERE]], 'elsewhere'],
  [
    'something else or nothing answers',
    [
      [V4, TIMEOUT],
      [V6, ELSEWHERE],
    ],
    'elsewhere',
  ],
  [
    'nothing answers',
    [
      [V4, TIMEOUT],
      [V6, REFUSED],
    ],
    'unreachable',
  ],
  [
    'this machine has no way anywhere',
    [
      [V4, NO_ROUTE],
      [V6, NO_ROUTE],
    ],
    'unknown',
  ],
  [
    'this machine has no IPv6',
    [
      [V4, PROVED],
      [V6, NO_ROUTE],
    ],
    'reached',
  ],
  ['there is no way to the only address', [[V6, NO_ROUTE]], 'unknown'],
  [
    'no way, and the other says nothing',
    [
      [V6, NO_ROUTE],
      [OTHER_V6, NO_ROUTE],
    ],
    'unknown',
  ],
  [
    'no IPv6, and IPv4 is elsewhere',
    [
      [V4, ELSEWHERE],
      [V6, NO_ROUTE],
    ],
    'elsewhere',
  ],
  [
    'no way, though the family works',
    [
      [V6, NO_ROUTE],
      [OTHER_V6, PROVED],
    ],
    'partly',
  ],
  [
    'no way, though the other refuses',
    [
      [V6, NO_ROUTE],
      [OTHER_V6, REFUSED],
    ],
    'unreachable',
  ],
  ['there was no time', [[V4, { kind: 'not_tried' }]], 'unknown'],
  [
    'there was no time for one',
    [
      [V4, PROVED],
      [V6, { kind: 'not_tried' }],
    ],
    'unknown',
  ],
  ['the address is private', [['10.0.0.1', { kind: 'not_public' }]], 'elsewhere'],
  [
    'no way, and one is private',
    [
      [V4, NO_ROUTE],
      ['10.0.0.1', { kind: 'not_public' }],
    ],
    'elsewhere',
  ],
]
for (const [when, probes, then] of CASES) {
  t.test(`when ${when} the probe is "${then}"`, async (t) => {
    t.match(observe(...probes), { state: then, checkedAt: NOW })
  })
}

const TEXTS: readonly (readonly [outcome: ProbeOutcome, words: string])[] = [
  [{ kind: 'other_proof' }, 'leads to another installation of this software'],
  [ELSEWHERE, `answers HTTP 404 at "${URL}", not as this server`],
  [
    { kind: 'redirect_loop', url: URL },
    `redirects in a circle ("${URL}"), which a CA does not follow to its end`,
  ],
  [
    { kind: 'too_many_redirects', url: URL },
    `redirects more often than a CA follows, last to "${URL}"`,
  ],
  [
    { kind: 'bad_redirect', url: 'ftp://x', why: 'not_http' },
    'redirects to "ftp://x", which is no http or https URL',
  ],
  [
    { kind: 'bad_redirect', url: URL, why: 'port' },
    `redirects to "${URL}", whose port is neither 80 nor 443`,
  ],
  [
    { kind: 'bad_redirect', url: URL, why: 'not_public' },
    `redirects to "${URL}", which is not on the public internet`,
  ],
  [
    { kind: 'bad_redirect', url: URL, why: 'no_address' },
    `redirects to "${URL}", whose host has no address that can be found`,
  ],
  [TIMEOUT, `does not answer in time at "${URL}"`],
  [{ kind: 'not_public' }, 'is no address of the public internet, so that no CA can reach it'],
]
for (const [outcome, words] of TEXTS) {
  t.test(`an address that ${words} is told so`, async (t) => {
    const { message } = observe([V4, outcome])
    t.equal(message, `No address of "${HOSTNAME}" leads here by HTTP. A ${V4} ${words}.`)
  })
}

t.test('what has been reached is told, and what could not be tried', async (t) => {
  t.match(observe([V4, PROVED]).message, `"${HOSTNAME}" leads here by HTTP at ${V4}.`)
  const both = `"${HOSTNAME}" leads here by HTTP at ${V4}, ${V6}.`
  t.equal(observe([V4, PROVED], [V6, PROVED]).message, both)
  const many = ['192.0.2.3', '192.0.2.4'].map((address) => [address, PROVED] as const)
  t.match(observe([V4, PROVED], [OTHER_V4, PROVED], ...many).message, '192.0.2.3 and 1 more.')
  t.match(observe([V4, PROVED], [V6, NO_ROUTE]).message, `${V4}. AAAA ${V6} cannot be reached`)
  t.match(observe([V4, PROVED], [V6, REFUSED]).message, `A ${V4} leads here. A CA prefers IPv6`)
  t.match(observe([V6, NO_ROUTE]).message, `AAAA ${V6} cannot be reached from the network of this`)
  t.match(observe([V6, { kind: 'not_tried' }]).message, `AAAA ${V6} could not be tried in time.`)
})

t.test('a wrong AAAA beside a right A is told to fail certificates', async (t) => {
  const advice = /A CA prefers IPv6, .* remove the wrong AAAA record\.$/
  t.match(observe([V4, PROVED], [V6, ELSEWHERE]).message, advice)
  t.notMatch(observe([V6, PROVED], [V4, ELSEWHERE]).message, advice)
  t.notMatch(observe([V6, PROVED], [OTHER_V6, ELSEWHERE]).message, advice)
  t.notMatch(observe([V4, PROVED], [OTHER_V4, TIMEOUT], [V6, ELSEWHERE]).message, advice)
  t.match(observe([V6, PROVED], [V4, ELSEWHERE]).message, /Remove the records that do not lead/)
})

t.test('a sentence does not list every address', async (t) => {
  const { message } = observe(
    [V4, TIMEOUT],
    [OTHER_V4, TIMEOUT],
    ['192.0.2.3', TIMEOUT],
    ['192.0.2.4', TIMEOUT],
  )
  t.match(message, '192.0.2.3')
  t.notMatch(message, '192.0.2.4')
})
