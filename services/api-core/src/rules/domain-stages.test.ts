import t, { type Test } from 'tap'
import {
  CERTIFICATE_ERROR_CODES,
  CERTIFICATE_STATUSES,
  NO_CERTIFICATE,
  type CertificateFacts,
} from '@fingerpost/model/certificate'
import {
  CAA_STATES,
  DOMAIN_REASONS,
  NO_OBSERVATIONS,
  PROBE_STATES,
  RECORD_STATES,
} from '@fingerpost/model/domain-check'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import {
  ISSUED,
  NOW,
  SEEN,
  stagedDomain,
  TARGET,
  TOKEN,
  TXT_NAME,
  type Given,
} from '../../test/staged-domain.ts'
import { domainStages } from './domain-stages.ts'
import { STAGE_IDS, STAGE_STATES, type Stage } from './stages/stage.ts'

const stagesOf = (given: Given) => domainStages(stagedDomain(given))
const statesOf = (given: Given) => stagesOf(given).map(({ state }) => state)

function stageOf(id: Stage['id'], given: Given): Stage {
  const stage = stagesOf(given).find((one) => one.id === id)
  if (stage === undefined) throw new Error(`There is no stage ${id}.`)
  return stage
}

const PROBES = PROBE_STATES.map((state, index) => ({
  ...NO_OBSERVATIONS.probe,
  state,
  message: index % 2 === 0 ? '' : 'The probe says this.',
}))
const CAAS = [...CAA_STATES, 'forbids' as const].map((state, index) => ({
  ...NO_OBSERVATIONS.caa,
  state,
  message: index % 2 === 0 ? '' : `CAA at "${TARGET}" says this.`,
  fix: index < CAA_STATES.length ? undefined : 'Change CAA.',
}))
const EXPIRED = { ...Object(SEEN), notAfter: NOW } as NonNullable<CertificateFacts['seen']>
const CERTIFICATES: readonly CertificateFacts[] = CERTIFICATE_STATUSES.flatMap((status) =>
  [undefined, ...CERTIFICATE_ERROR_CODES].flatMap((code) =>
    [undefined, EXPIRED, SEEN].flatMap((seen) =>
      [undefined, NOW, NOW + 1].map((nextAttemptAt) => {
        const error = code && { code, message: nextAttemptAt === NOW ? '' : 'The CA says this.' }
        return { ...NO_CERTIFICATE, status, error, seen, nextAttemptAt }
      }),
    ),
  ),
)

/** Says what a reader would trip over; empty: nothing. */
function problemsOf(stages: readonly Stage[], given: Given): string[] {
  const states = stages.map(({ state }) => state)
  const texts = stages.flatMap(({ happening, you, next }) => [happening, you, next])
  const count = (state: Stage['state']) => states.filter((one) => one === state).length
  const isAllDone = count('done') === STAGE_IDS.length
  const checks: readonly (readonly [string, boolean])[] = [
    ['all stages, in order', stages.map(({ id }) => id).join() === STAGE_IDS.join()],
    ['a known state', states.every((state) => STAGE_STATES.includes(state))],
    ['three sentences', texts.every((text) => /^[A-Z"].*\.(?: \(.*\))?$/s.test(text))],
    ['no holes', texts.every((text) => !/undefined|null|NaN|\[object|""| {2}|\.\./.test(text))],
    ['texts that are read', texts.every((text) => text.length <= 1_000)],
    ['one stage to look at', count('current') <= 1],
    ['a stage to look at', isAllDone || count('current') + count('failed') > 0],
    [
      'nothing to do when all is done',
      !isAllDone || stages.every(({ you }) => /^(Nothing\.|Keep )/.test(you)),
    ],
    [
      'links are served only with a certificate',
      stages.at(-1)?.state !== 'done' ||
        given.reason?.code === 'local_name' ||
        (given.status === 'active' && stages.at(-2)?.state !== 'waiting'),
    ],
    ['a state of its own', !states.includes('waiting') || count('current') + count('failed') > 0],
  ]
  return checks.filter(([, holds]) => !holds).map(([name]) => name)
}

function holdAll(t: Test, cases: Iterable<Given>): number {
  let combinations = 0
  for (const given of cases) {
    combinations += 1
    const stages = stagesOf(given)
    const problems = problemsOf(stages, given)
    if (problems.length > 0) {
      t.fail(problems.join(', '), { found: { given, stages } })
      break
    }
  }
  return combinations
}

function* recordCases(): Generator<Given> {
  for (const status of DOMAIN_STATUS_NAMES) {
    for (const code of DOMAIN_REASONS) {
      for (const routing of RECORD_STATES) {
        for (const ownership of RECORD_STATES) {
          for (const probe of PROBES) {
            for (const caa of CAAS) {
              for (const certificate of [NO_CERTIFICATE, ISSUED]) {
                const reason = { code, message: 'The reason.' }
                yield { status, reason, routing, ownership, probe, caa, certificate }
              }
            }
          }
        }
      }
    }
  }
}

function* certificateCases(): Generator<Given> {
  for (const status of DOMAIN_STATUS_NAMES) {
    for (const certificate of CERTIFICATES) {
      for (const caa of CAAS) {
        for (const routing of RECORD_STATES) {
          for (const ownership of RECORD_STATES) {
            yield { status, certificate, caa, routing, ownership }
          }
        }
      }
    }
  }
}

function* detailCases(): Generator<Given> {
  const propagations = [undefined, NOW - 1, NOW, NOW + 1].flatMap((until) =>
    [[], ['192.0.2.1:53'], Array.from({ length: 9 }, (_, n) => `192.0.2.${n}:53`)].map(
      (servers) => ({ until, servers }),
    ),
  )
  const founds = [[], [TARGET], [TOKEN], ['a'.repeat(500), 'x', '\u202e', 'y']]
  for (const status of DOMAIN_STATUS_NAMES) {
    for (const state of RECORD_STATES) {
      for (const propagation of [undefined, ...propagations]) {
        for (const found of founds) {
          for (const hint of [undefined, 'The hint.']) {
            for (const checkedAt of [undefined, NOW]) {
              for (const instants of [undefined, NOW, NOW + 1]) {
                const observation = { state, propagation, found, hint, checkedAt }
                yield {
                  status,
                  hostname: found.length === 1 ? 'example.com' : 'links.example.com',
                  hasPublicTarget: found.length !== 0,
                  routing: observation,
                  ownership: observation,
                  graceEndsAt: instants,
                  nextCheckAt: instants,
                  takeoverSeenAt: instants,
                }
              }
            }
          }
        }
      }
    }
  }
}

t.test('no combination leaves a reader without what happens, what to do, what comes', async (t) => {
  t.setTimeout(120_000)
  const combinations = [recordCases(), certificateCases(), detailCases()].map((cases) =>
    holdAll(t, cases),
  )
  const [records, certificates] = combinations
  t.equal(records, 5 * DOMAIN_REASONS.length * 4 * 4 * 6 * 5 * 2)
  t.equal(certificates, 5 * CERTIFICATES.length * 5 * 4 * 4)
})

t.test('what could not be told is said to be ours, in every status', async (t) => {
  for (const status of DOMAIN_STATUS_NAMES) {
    const stages = stagesOf({ status, routing: 'unknown', ownership: 'unknown' })
    for (const { happening } of stages) {
      t.notMatch(happening, /There is no (TXT|CNAME)|does not say|we found|is wrong|not there/)
    }
    const told = stages.map(({ happening }) => happening).join(' ')
    if (status === 'active') t.match(told, 'The reason.')
    else t.match(told, /could not tell what is at .* gave us no usable answer\. Nothing changes/)
  }
})

const ROUTING_OK = { code: 'routing_ok', message: 'DNS could not be asked.' } as const
const IN_USE = { code: 'hostname_in_use', message: 'Another workspace holds it.' } as const
const HELD = { ...NO_CERTIFICATE, error: { code: 'held_back', message: 'Held back.' } } as const
const FAILED: CertificateFacts = {
  ...NO_CERTIFICATE,
  status: 'failing',
  error: { code: 'dns', message: 'DNS failed.' },
}
const OWNED = { ownership: 'found' } as const

type States = readonly [string, string, string, string, string]
const PROGRESS: readonly (readonly [string, Given, States])[] = [
  ['just added', { nextCheckAt: NOW }, ['current', 'waiting', 'waiting', 'waiting', 'waiting']],
  ['wrong TXT', { ownership: 'wrong' }, ['current', 'failed', 'waiting', 'waiting', 'waiting']],
  ['CNAME first', { routing: 'found' }, ['current', 'waiting', 'done', 'waiting', 'waiting']],
  [
    'both found',
    { routing: 'found', ownership: 'found' },
    ['done', 'current', 'done', 'waiting', 'waiting'],
  ],
  [
    'in use',
    { routing: 'found', ownership: 'found', reason: IN_USE },
    ['done', 'failed', 'done', 'waiting', 'waiting'],
  ],
  [
    'proved',
    { status: 'verified', ...OWNED },
    ['current', 'done', 'waiting', 'waiting', 'waiting'],
  ],
  [
    'proved, leads elsewhere',
    { status: 'verified', ...OWNED, routing: 'wrong' },
    ['current', 'done', 'failed', 'waiting', 'waiting'],
  ],
  [
    'proved and seen',
    { status: 'verified', ...OWNED, routing: 'found' },
    ['done', 'done', 'current', 'waiting', 'waiting'],
  ],
  [
    'no certificate yet',
    { status: 'active', ...OWNED, routing: 'found' },
    ['done', 'done', 'done', 'current', 'waiting'],
  ],
  [
    'held back',
    { status: 'active', ...OWNED, routing: 'found', certificate: HELD },
    ['done', 'done', 'done', 'current', 'waiting'],
  ],
  [
    'held back, told as failing',
    { status: 'active', ...OWNED, routing: 'found', certificate: { ...HELD, status: 'failing' } },
    ['done', 'done', 'done', 'current', 'waiting'],
  ],
  [
    'failing',
    { status: 'active', ...OWNED, routing: 'found', certificate: FAILED },
    ['done', 'done', 'done', 'failed', 'failed'],
  ],
  [
    'failing to renew',
    { status: 'active', ...OWNED, routing: 'found', certificate: { ...FAILED, seen: SEEN } },
    ['done', 'done', 'done', 'failed', 'done'],
  ],
  [
    'all well',
    { status: 'active', ...OWNED, routing: 'found', certificate: ISSUED },
    ['done', 'done', 'done', 'done', 'done'],
  ],
  [
    'all well, not to be told',
    { status: 'active', ...OWNED, routing: 'unknown', certificate: ISSUED, reason: ROUTING_OK },
    ['done', 'done', 'done', 'done', 'done'],
  ],
  [
    'our own name is gone, too',
    { status: 'active', ...OWNED, routing: 'missing', certificate: ISSUED, reason: ROUTING_OK },
    ['done', 'done', 'done', 'done', 'done'],
  ],
  [
    'TXT gone',
    { status: 'active', routing: 'found', certificate: ISSUED },
    ['current', 'done', 'done', 'done', 'done'],
  ],
  [
    'a loss seen once',
    { status: 'active', ...OWNED, certificate: ISSUED },
    ['current', 'done', 'failed', 'done', 'done'],
  ],
  [
    'degraded',
    { status: 'degraded', ...OWNED, certificate: ISSUED },
    ['failed', 'done', 'failed', 'done', 'current'],
  ],
  [
    'suspended',
    { status: 'suspended', ...OWNED, routing: 'wrong' },
    ['failed', 'done', 'failed', 'waiting', 'failed'],
  ],
]

for (const [name, given, states] of PROGRESS) {
  t.test(`the stages of a domain that is: ${name}`, async (t) => {
    t.same(statesOf(given), states)
  })
}

t.test(
  'who looks after DNS reads name and value, whole and for panels that add the zone',
  async (t) => {
    const { you } = stageOf('add_records', {})
    t.match(you, `Publish this TXT record: name "${TXT_NAME}", value "${TOKEN}", without quotes.`)
    t.match(
      you,
      'adds "example.com" to names by itself, the name is only "_fingerpost-verify.links"',
    )
    t.match(you, `Publish this CNAME record: name "links.example.com", value "${TARGET}".`)
    const apex = stageOf('add_records', { hostname: 'example.com' }).you
    t.match(apex, 'Publish an ALIAS or ANAME record')
    t.match(apex, 'the name is only "_fingerpost-verify"')
    t.notMatch(stageOf('add_records', { hostname: 'co.uk' }).you, 'adds "')
  },
)

t.test('what was found is told in part, in quotes, with nothing that cannot be seen', async (t) => {
  const found = ['a'.repeat(500), '"x"', '\u202ey', 'z']
  const { happening } = stageOf('prove_ownership', { ownership: { state: 'wrong', found } })
  t.match(happening, `"${'a'.repeat(80)}…", '"x"', "\\u{202e}y" and 1 more; we expect`)
  const none = stageOf('prove_ownership', { ownership: { state: 'wrong' } }).happening
  t.match(none, `The TXT record at "${TXT_NAME}" does not say "${TOKEN}".`)
})

t.test('a value with both kinds of quotes is told unmistakably', async (t) => {
  const found = [`"it's"`]
  const { happening } = stageOf('prove_ownership', { ownership: { state: 'wrong', found } })
  t.match(happening, String.raw`we found "\"it's\""; we expect`)
})

t.test('a look that is late is said to be', async (t) => {
  t.match(stageOf('add_records', { nextCheckAt: NOW - 300_000 }).next, 'We look again at once.')
  const late = stageOf('add_records', { nextCheckAt: NOW - 300_001 }).next
  t.match(late, 'The look that was due at 2030-01-02 02:59:04 UTC is late.')
})

t.test('a hint comes before what to publish', async (t) => {
  const hint = 'The value is in quotes: take them out.'
  const { you } = stageOf('add_records', { ownership: { state: 'wrong', found: ['"x"'], hint } })
  t.ok(you.startsWith(`${hint} Set the TXT record at "${TXT_NAME}" to "${TOKEN}"`), you)
})

t.test('a hint says what goes, and without one everything else does', async (t) => {
  const at = { state: 'wrong', found: ['d1.cloudfront.net'] } as const
  const hint = 'Replace that record.'
  t.match(stageOf('see_routing', { routing: { ...at, hint } }).you, `${hint} Publish this CNAME`)
  t.match(
    stageOf('see_routing', { routing: at }).you,
    /^Remove every other .*\. Publish this CNAME/,
  )
})

t.test('a change that is on its way says where and until when', async (t) => {
  const propagation = { until: NOW + 60_000, servers: ['192.0.2.1:53', '192.0.2.2:53'] }
  const { happening, you } = stageOf('see_routing', { routing: { state: 'unknown', propagation } })
  t.match(happening, 'reaches "192.0.2.1:53" and "192.0.2.2:53" by 2030-01-02 03:05:05 UTC')
  t.match(you, 'Wait until every DNS server shows the change. If you have not done so yet, publish')
})

t.test('addresses that are ours, or a proxy that passes requests on, lead here', async (t) => {
  const routing = { state: 'found', found: ['192.0.2.7'] } as const
  t.match(
    stageOf('see_routing', { routing }).happening,
    'At "links.example.com" we found "192.0.2.7", as it has to be.',
  )
  const probe = { state: 'reached', message: 'It was reached.', checkedAt: NOW } as const
  const behind = { status: 'active', routing: 'wrong', probe, certificate: ISSUED } as const
  t.same(statesOf({ ...behind, ownership: 'found' }), ['done', 'done', 'done', 'done', 'done'])
})

t.test('at the top of a zone nobody is told to set a plain CNAME', async (t) => {
  const routing = { state: 'wrong', found: ['203.0.113.4'] } as const
  const { happening, you } = stageOf('see_routing', { hostname: 'example.com', routing })
  t.match(happening, 'we expect only an ALIAS, ANAME or flattened CNAME record to')
  t.match(you, 'Publish an ALIAS or ANAME record')
  t.match(stageOf('see_routing', { routing }).happening, 'we expect only a CNAME record to')
})

t.test('requests that do not arrive are told apart: elsewhere, or nowhere from here', async (t) => {
  const message = 'The probe says this.'
  const probed = (state: 'elsewhere' | 'partly' | 'unreachable') =>
    stageOf('see_routing', {
      status: 'active',
      routing: 'found',
      probe: { state, message, checkedAt: NOW },
    })
  for (const state of ['elsewhere', 'partly'] as const) {
    t.match(probed(state), { state: 'failed', you: /^Let only the records that lead to/ })
  }
  t.match(probed('unreachable'), { state: 'done', you: /^Nothing\. If http:.* ask the operator/ })
  t.match(probed('unreachable').happening, message)
})

t.test('a claim reads how the hostname becomes its own', async (t) => {
  const inUse = stageOf('prove_ownership', { ownership: 'found', reason: IN_USE })
  t.match(inUse.you, `Leave "${TOKEN}" as the only TXT value at "${TXT_NAME}"`)
  const moved = { code: 'ownership_moved', message: 'It moved.' } as const
  t.match(stageOf('prove_ownership', { reason: moved }).next, 'comes back to this workspace')
  const sight = stageOf('prove_ownership', {
    ownership: 'found',
    routing: 'found',
    reason: IN_USE,
    takeoverSeenAt: NOW,
  })
  t.match(sight, { state: 'current', you: /^Nothing\. Leave/ })
})

t.test('the TXT record is to be kept, and put back when it is gone', async (t) => {
  const kept = stageOf('prove_ownership', { status: 'active', ownership: 'found' })
  t.match(kept.you, 'Keep the TXT record: it keeps the hostname yours if another workspace claims')
  const gone = stageOf('prove_ownership', { status: 'active', ownership: 'missing' })
  t.match(gone.you, /^Publish this TXT record: .* Keep the TXT record/)
  const viaCname = { code: 'txt_via_cname', message: 'A CNAME hides it.' } as const
  const hidden = stageOf('prove_ownership', { ownership: 'wrong', reason: viaCname })
  t.match(hidden.happening, viaCname.message)
  t.match(hidden.you, `Remove the CNAME record at "${TXT_NAME}" if there is one`)
  const notHidden = stageOf('prove_ownership', { ownership: { state: 'wrong', found: ['x'] } })
  t.notMatch(notHidden.you, 'CNAME')
})

t.test('CAA that forbids comes with its fix, the operator’s as the operator’s', async (t) => {
  const caa = {
    state: 'forbids',
    message: 'CAA at "example.com" allows only "digicert.com".',
    fix: 'Add 0 issue "letsencrypt.org" at "example.com".',
    checkedAt: NOW,
  } as const
  for (const status of ['pending_verification', 'verified', 'active', 'suspended'] as const) {
    const stage = stageOf('get_certificate', { status, caa })
    t.match(stage.happening, caa.message, status)
    t.equal(stage.you, caa.fix, status)
  }
  t.match(stageOf('get_certificate', { status: 'active', caa, certificate: ISSUED }), {
    happening: /allows only .* is valid until 2030-02-01 03:04:05 UTC/,
    next: /cannot be renewed/,
  })
  const ours = { ...caa, message: `CAA at "${TARGET}" allows nobody.` }
  const { you } = stageOf('get_certificate', { status: 'active', caa: ours })
  t.match(you, /^Nothing\. The operator of this server/)
})

t.test('a certificate that waits says for when', async (t) => {
  const certificate = { ...HELD, nextAttemptAt: NOW + 60_000 }
  t.match(stageOf('get_certificate', { status: 'active', routing: 'found', certificate }), {
    happening: 'Held back.',
    you: 'Nothing.',
    next: 'The next attempt is at 2030-01-02 03:05:05 UTC.',
  })
})

t.test('a rate limit can have a cause that the reader can put right', async (t) => {
  const error = { code: 'rate_limited', message: 'Validating it failed too often.' } as const
  const certificate = { ...NO_CERTIFICATE, status: 'failing', error } as const
  const { you } = stageOf('get_certificate', { status: 'active', routing: 'found', certificate })
  t.equal(you, 'Nothing. If an earlier stage is not done, finish it. Then wait for the CA.')
})

t.test(
  'a grace period is announced for a loss, not for a hostname that leads here partly',
  async (t) => {
    const given = { status: 'active', routing: 'wrong', certificate: ISSUED } as const
    t.notMatch(stageOf('see_routing', given).next, 'grace period')
    t.match(stageOf('see_routing', { ...given, lossSeenAt: NOW }).next, 'a grace period begins')
  },
)

t.test('a degraded domain says until when it is served', async (t) => {
  const { next } = stageOf('serve', { status: 'degraded', graceEndsAt: NOW })
  t.match(next, '2030-01-02 03:04:05 UTC')
  t.match(stageOf('serve', { status: 'degraded' }).next, 'At the end of the grace period')
  const issued = stageOf('get_certificate', { status: 'degraded', certificate: ISSUED })
  t.match(issued.next, 'only when "links.example.com" leads here again')
})

t.test('without a public target the operator’s part is named, never the customer’s', async (t) => {
  for (const id of ['add_records', 'see_routing'] as const) {
    t.match(stageOf(id, { hasPublicTarget: false }).you, 'FINGERPOST_PUBLIC_TARGET')
    t.notMatch(stageOf(id, { hasPublicTarget: true }).you, 'FINGERPOST_')
  }
})

t.test('a local name has nothing left to do', async (t) => {
  const reason = { code: 'local_name', message: 'It is local.' } as const
  for (const stage of stagesOf({ status: 'active', reason })) {
    t.match(stage, { state: 'done', you: 'Nothing.' })
  }
})
