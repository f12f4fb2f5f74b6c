import { NEVER_LOOKED_AT } from '@fingerpost/model/domain-check'
import t from 'tap'
import { DOMAIN_REASONS, RECORD_STATES, type RecordState } from '@fingerpost/model/domain-check'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import { domainStages, STAGE_IDS, STAGE_STATES, type StagedDomain } from './domain-stages.ts'

const HOSTNAME = 'links.example.com'
const TARGET = 'abc.edge.example.net'
const TXT_NAME = `_fingerpost-verify.${HOSTNAME}`
const TOKEN = 'fp-token'
const GRACE_ENDS_AT = Date.UTC(2030, 0, 2, 3, 4, 5)

type Case = {
  readonly status: DomainStatus
  readonly routing?: RecordState
  readonly ownership?: RecordState
} & Partial<Pick<StagedDomain, 'reason' | 'graceEndsAt' | 'hasPublicTarget'>> & {
    readonly found?: readonly string[]
    readonly checkedAt?: number | undefined
  }

function stagesOf({ status, routing = 'missing', ownership = 'missing', ...rest }: Case) {
  const { found = [], checkedAt, ...domain } = { checkedAt: 1, ...rest }
  const observe = (state: RecordState) => ({ ...NEVER_LOOKED_AT, state, found, checkedAt })
  return domainStages({
    hostname: HOSTNAME,
    status,
    reason: { code: 'not_checked_yet', message: 'The reason.' },
    graceEndsAt: undefined,
    hasPublicTarget: true,
    records: {
      routing: { type: 'CNAME', name: HOSTNAME, value: TARGET, observation: observe(routing) },
      ownership: { type: 'TXT', name: TXT_NAME, value: TOKEN, observation: observe(ownership) },
    },
    ...domain,
  })
}

t.test('no combination leaves a stage without its three texts', async (t) => {
  let combinations = 0
  for (const status of DOMAIN_STATUS_NAMES) {
    for (const routing of RECORD_STATES) {
      for (const ownership of RECORD_STATES) {
        for (const code of DOMAIN_REASONS) {
          for (const graceEndsAt of [undefined, GRACE_ENDS_AT]) {
            for (const hasPublicTarget of [true, false]) {
              combinations += 1
              const reason = { code, message: 'The reason.' }
              const given = { status, routing, ownership, reason, graceEndsAt, hasPublicTarget }
              const stages = stagesOf(given)
              const isWhole =
                stages.map((stage) => stage.id).join() === STAGE_IDS.join() &&
                stages.every(
                  ({ state, happening, you, next }) =>
                    STAGE_STATES.includes(state) &&
                    [happening, you, next].every((text) => /^[A-Z"].*\.(?: \(.*\))?$/s.test(text)),
                )
              if (!isWhole) t.fail('a stage is not whole', { found: stages })
            }
          }
        }
      }
    }
  }
  t.equal(combinations, 5 * 4 * 4 * DOMAIN_REASONS.length * 2 * 2)
})

const PROGRESS: readonly (readonly [Case, readonly [string, string, string, string]])[] = [
  [{ status: 'pending_verification' }, ['current', 'current', 'waiting', 'waiting']],
  [
    { status: 'pending_verification', ownership: 'unknown', routing: 'unknown' },
    ['current', 'waiting', 'waiting', 'waiting'],
  ],
  [
    { status: 'pending_verification', ownership: 'wrong' },
    ['current', 'failed', 'waiting', 'waiting'],
  ],
  [{ status: 'pending_verification', routing: 'found' }, ['current', 'current', 'done', 'waiting']],
  [
    { status: 'pending_verification', routing: 'found', ownership: 'found' },
    ['done', 'current', 'done', 'waiting'],
  ],
  [
    {
      status: 'pending_verification',
      routing: 'found',
      ownership: 'found',
      reason: { code: 'hostname_in_use', message: 'Another workspace holds it.' },
    },
    ['done', 'failed', 'done', 'waiting'],
  ],
  [{ status: 'verified', ownership: 'found' }, ['current', 'done', 'current', 'waiting']],
  [
    { status: 'verified', ownership: 'found', routing: 'wrong' },
    ['done', 'done', 'current', 'waiting'],
  ],
  [{ status: 'active', routing: 'found' }, ['done', 'done', 'done', 'done']],
  [{ status: 'active', routing: 'unknown' }, ['done', 'done', 'done', 'done']],
  [{ status: 'degraded' }, ['current', 'done', 'failed', 'current']],
  [{ status: 'degraded', routing: 'wrong' }, ['done', 'done', 'failed', 'current']],
  [{ status: 'suspended' }, ['current', 'done', 'failed', 'failed']],
]

for (const [given, states] of PROGRESS) {
  const { status, routing = 'missing', ownership = 'missing', reason } = given
  const when = [status, `routing ${routing}`, `ownership ${ownership}`, reason?.code ?? '']
  t.test(`stages of: ${when.join(', ')}`, async (t) => {
    t.same(
      stagesOf(given).map((stage) => stage.state),
      states,
    )
  })
}

t.test('who looks after DNS reads the name, the value expected and what was found', async (t) => {
  const found = ['"fp-old"', 'v=spf1 -all']
  const stages = stagesOf({ status: 'pending_verification', ownership: 'wrong', found })
  const prove = stages[1]
  for (const text of [TXT_NAME, TOKEN, JSON.stringify('"fp-old"'), 'v=spf1 -all']) {
    t.ok(prove?.happening.includes(text), text)
  }
  t.equal(
    prove?.you,
    `Publish this TXT record: name "${TXT_NAME}", value "${TOKEN}", without quotes.`,
  )
  t.match(stages[0]?.you, `Publish this CNAME record: name "${HOSTNAME}", value "${TARGET}".`)
})

t.test('what was found is told in part only when there is much of it', async (t) => {
  const found = ['a'.repeat(500), 'b', 'c', 'd', 'e']
  const text = stagesOf({ status: 'pending_verification', ownership: 'wrong', found })[1]?.happening
  t.match(text, `"${'a'.repeat(100)}", "b", "c" and 2 more`)
  t.notMatch(text, 'a'.repeat(101))
  const none = stagesOf({ status: 'pending_verification', ownership: 'wrong' })[1]?.happening
  t.match(none, 'found something else')
})

t.test('a lookup that failed is no missing record', async (t) => {
  const failed = stagesOf({ status: 'verified', routing: 'unknown', checkedAt: 1 })
  t.match(failed[2]?.happening, 'the name servers gave no usable answer')
  const never = stagesOf({ status: 'verified', routing: 'unknown', checkedAt: undefined })
  t.match(never[2]?.happening, 'We have not looked for')
})

t.test('a degraded domain says until when it is served', async (t) => {
  const [, , , serve] = stagesOf({ status: 'degraded', graceEndsAt: GRACE_ENDS_AT })
  t.match(serve?.next, '2030-01-02T03:04:05.000Z')
  const [, , , unset] = stagesOf({ status: 'degraded' })
  t.match(unset?.next, 'At the end of the grace period')
})

t.test('a TXT record that was reached through a CNAME is explained', async (t) => {
  const reason = { code: 'txt_via_cname', message: 'A CNAME hides the TXT record.' } as const
  const stages = stagesOf({ status: 'pending_verification', ownership: 'wrong', reason })
  t.match(stages[1]?.happening, reason.message)
})

t.test('without a public target the operator’s part is named, never the customer’s', async (t) => {
  const given = { status: 'pending_verification', hasPublicTarget: false } as const
  for (const index of [0, 2]) t.match(stagesOf(given)[index]?.you, 'FINGERPOST_PUBLIC_TARGET')
  t.notMatch(JSON.stringify(stagesOf({ ...given, hasPublicTarget: true })), 'FINGERPOST_')
})

t.test('a local name has nothing left to do', async (t) => {
  const reason = { code: 'local_name', message: 'It is local.' } as const
  for (const stage of stagesOf({ status: 'active', reason })) {
    t.match(stage, { state: 'done', you: 'Nothing.' })
  }
})
