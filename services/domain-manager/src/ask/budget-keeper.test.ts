import t from 'tap'
import type { Hostname } from '@fingerpost/model/hostname'
import { listOf, name } from '../../test/hostname-list.ts'
import {
  LIMITS,
  MAY_HOLD_MS,
  OWN_RETRY_MS_MAX,
  RENEWALS_PART,
  RESERVATION_MS,
  type LimitName,
} from '../rules/acme-budget.ts'
import { BUDGET_ENTRIES_MAX, BudgetKeeper, holdMessage } from './budget-keeper.ts'
import type { KnownHostname } from './compact-hostnames.ts'

const NOW = 1_800_000_000_000
const NEW: KnownHostname = { status: 'active', certificate: 'none', mayHoldUntil: undefined }
// Names of this machine, and those without proof, have no certificate of a CA.
const NOBODY = listOf({
  'go.localhost': 'active',
  'p.example.com': 'pending_verification',
}).hostnames
const SOMEBODY = listOf({ 'a.example.com': 'active' }).hostnames
const ERROR = { code: 'connection', message: 'Refused.' } as const

const begun = (hostname: Hostname) =>
  ({ kind: 'order_begun', hostname, at: NOW, isRenewal: false }) as const
const failed = (hostname: Hostname) =>
  ({
    kind: 'failed',
    hostname,
    at: NOW,
    error: ERROR,
    isValidationFailure: true,
    limit: undefined,
    retryAt: undefined,
    evidence: [],
  }) as const

function counting(): BudgetKeeper {
  const budget = new BudgetKeeper()
  budget.begin(NOBODY, NOW)
  budget.note(begun(name('first.example.org')), NOW)
  return budget
}

const namesUnder = (domain: string, count: number): Hostname[] =>
  Array.from({ length: count }, (_, index) => name(`n${index}.${domain}`))

t.test(
  'a burst of new hostnames cannot run past the limit before the log says a word',
  async (t) => {
    const budget = counting()
    const kinds = namesUnder('acme.com', 60).map((each) => budget.judge(each, NEW, NOW).kind)
    t.equal(kinds.filter((kind) => kind === 'allowed_new').length, 50)
    const again = namesUnder('acme.com', 60).map((each) => budget.judge(each, NEW, NOW).kind)
    t.equal(again.filter((kind) => kind === 'allowed').length, 50, 'a yes stays a yes')
    t.equal(budget.judge(name('a.other.com'), NEW, NOW).kind, 'allowed_new')

    const later = NOW + RESERVATION_MS
    t.equal(budget.judge(name('n59.acme.com'), NEW, later).kind, 'allowed_new', 'none was ordered')
  },
)

t.test('the account is shared by all, but for the part that is for renewals', async (t) => {
  const budget = counting()
  const kinds = Array.from(
    { length: 300 },
    (_, index) => budget.judge(name(`a.d${index}.com`), NEW, NOW).kind,
  )
  t.equal(kinds.filter((kind) => kind === 'allowed_new').length, 239)
})

t.test('while no log was ever seen, nothing is held back', async (t) => {
  const budget = new BudgetKeeper()
  budget.begin(NOBODY, NOW)
  const names = namesUnder('acme.com', 100)
  t.ok(names.every((each) => budget.judge(each, NEW, NOW).kind === 'allowed'))
  budget.note(begun(name('n0.acme.com')), NOW)
  t.ok(names.every((each) => budget.judge(each, NEW, NOW).kind === 'allowed'))
  t.equal(budget.judge(name('late.acme.com'), NEW, NOW).kind, 'held_back')
})

t.test('where hostnames were permitted before, unknown ones are not held back', async (t) => {
  const budget = new BudgetKeeper()
  budget.begin(SOMEBODY, NOW)
  budget.note(begun(name('first.example.org')), NOW)
  const names = namesUnder('acme.com', 100)
  t.ok(names.every((each) => budget.judge(each, NEW, NOW).kind === 'allowed'))
  const hostname = name('n0.acme.com')
  budget.note(begun(hostname), NOW)
  budget.note(failed(hostname), NOW)
  t.equal(budget.judge(hostname, NEW, NOW).kind, 'held_back', 'this one has none for certain')
  t.equal(budget.look(name('z.acme.com'), NEW, NOW + MAY_HOLD_MS).kind, 'allowed_new')
})

t.test(
  'where nobody was permitted before, all is known, whatever the clock said then',
  async (t) => {
    const budget = new BudgetKeeper()
    budget.begin(NOBODY, NOW + 365 * 86_400_000)
    budget.note(begun(name('first.example.org')), NOW)
    t.equal(budget.look(name('n0.acme.com'), NEW, NOW).kind, 'allowed_new')
  },
)

t.test('a hostname that is suspended when the counting begins may have one, too', async (t) => {
  const budget = new BudgetKeeper()
  budget.begin(listOf({ 'a.example.com': 'suspended' }).hostnames, NOW)
  for (const hostname of namesUnder('example.com', 60)) budget.note(begun(hostname), NOW)
  t.equal(budget.judge(name('a.example.com'), NEW, NOW).kind, 'allowed')
})

t.test('a failed order gives its tokens of certificates back', async (t) => {
  const budget = counting()
  for (const hostname of namesUnder('acme.com', 50)) {
    budget.judge(hostname, NEW, NOW)
    budget.note(begun(hostname), NOW)
  }
  t.equal(budget.look(name('z.acme.com'), NEW, NOW).kind, 'held_back')
  t.equal(budget.note(failed(name('n0.acme.com')), NOW), NOW + 60_000)
  t.equal(budget.note(failed(name('n0.acme.com')), NOW), NOW + 60_000, 'told twice')
  t.equal(budget.look(name('z.acme.com'), NEW, NOW).kind, 'allowed_new')
})

t.test('a limit of which the CA says that it is reached is empty here as well', async (t) => {
  const HOUR_MS = 3_600_000
  const error = { code: 'rate_limited', message: 'Refused.' } as const
  const limited = (hostname: Hostname, limit: LimitName | undefined, retryAt: number) =>
    ({ ...failed(hostname), error, isValidationFailure: false, limit, retryAt }) as const
  const ordering = (hostname: Hostname): BudgetKeeper => {
    const budget = counting()
    budget.judge(hostname, NEW, NOW)
    budget.note(begun(hostname), NOW)
    return budget
  }
  const hostname = name('a.acme.com')

  const account = ordering(hostname)
  account.note(limited(hostname, 'account', NOW + 30_000), NOW)
  t.match(account.judge(name('b.other.com'), NEW, NOW), {
    reason: 'account',
    until: NOW + 30_000 + LIMITS.account.tokens * RENEWALS_PART * 36_000,
  })

  const domain = ordering(hostname)
  domain.note(limited(hostname, 'registrable_domain', NOW + HOUR_MS), NOW)
  t.match(domain.judge(name('b.acme.com'), NEW, NOW), {
    reason: 'registrable_domain',
    until: NOW + HOUR_MS,
  })
  t.equal(domain.judge(name('b.other.com'), NEW, NOW).kind, 'allowed_new')

  const one = ordering(hostname)
  const when = NOW + 20 * HOUR_MS
  t.equal(one.note(limited(hostname, undefined, when), NOW), when, 'its own pause is as long')
  t.match(one.judge(hostname, NEW, when - 1), { kind: 'held_back', until: when })
  t.equal(one.judge(hostname, NEW, when).kind, 'allowed_new')
  t.equal(one.judge(name('b.acme.com'), NEW, NOW).kind, 'allowed_new')
})

t.test('what Caddy may have tried again unheard may have a certificate', async (t) => {
  const budget = counting()
  const [early, late] = [name('early.acme.com'), name('late.acme.com')]
  const fails = (hostname: Hostname, at: number): void => {
    budget.note(begun(hostname), at)
    budget.note(failed(hostname), at)
  }
  fails(early, NOW)
  fails(late, NOW + 1)
  const gapAt = NOW + OWN_RETRY_MS_MAX
  const restarted = new BudgetKeeper()
  restarted.restore(structuredClone(budget.state), gapAt + 86_400_000)
  for (const hostname of [early, late]) {
    t.equal(restarted.look(hostname, NEW, gapAt + 86_400_000).kind, 'allowed', 'after a restart')
  }
  budget.noticeGap(gapAt)
  t.equal(budget.look(late, NEW, gapAt).kind, 'allowed')
  t.not(budget.look(early, NEW, gapAt).kind, 'allowed', 'its retries were over')
  fails(late, gapAt)
  t.equal(budget.look(late, NEW, gapAt).kind, 'held_back', 'now it is heard again')
})

t.test('a clock that was ahead holds nobody back once it is right', async (t) => {
  const budget = counting()
  const ahead = NOW + 365 * 86_400_000
  const hostname = name('a.acme.com')
  for (let index = 0; index < 300; index += 1) {
    budget.note(begun(name(`n${index}.acme.com`)), ahead)
  }
  budget.note(begun(hostname), ahead)
  budget.note(failed(hostname), ahead)
  const hold = { reason: 'account', until: ahead } as const
  budget.newSlot(hostname, hold, ahead)
  t.equal(budget.judge(name('b.acme.com'), NEW, ahead).kind, 'held_back')

  t.equal(budget.judge(hostname, NEW, NOW).kind, 'held_back', 'not at once')
  t.equal(budget.newSlot(hostname, { ...hold, until: NOW + 1 }, NOW), NOW + 1)
  t.equal(budget.judge(name('b.other.com'), NEW, NOW + 10_800_000).kind, 'allowed_new')
  const later = NOW + LIMITS.registrable_domain.periodMs
  t.equal(budget.judge(hostname, NEW, later).kind, 'allowed_new')
  t.equal(budget.judge(name('n0.acme.com'), NEW, later).kind, 'allowed', 'this one may have one')

  const restarted = new BudgetKeeper()
  const before = new BudgetKeeper()
  before.begin(NOBODY, ahead)
  for (const [label, at] of [
    ['a', ahead - 600_000],
    ['b', ahead],
  ] as const) {
    before.note(begun(name(`${label}.acme.com`)), at)
    before.note(failed(name(`${label}.acme.com`)), at)
  }
  restarted.restore(before.state, NOW)
  restarted.begin(NOBODY, NOW)
  t.equal(restarted.look(hostname, NEW, NOW + 2 * 86_400_000).kind, 'allowed_new')
})

t.test('a renewal that fails does not undo that there is a certificate', async (t) => {
  const budget = counting()
  const hostname = name('a.acme.com')
  budget.note({ ...begun(hostname), isRenewal: true }, NOW)
  t.equal(budget.holdOf(hostname, NOW), NOW + MAY_HOLD_MS)
  budget.note(failed(hostname), NOW)
  t.equal(budget.holdOf(hostname, NOW), NOW + MAY_HOLD_MS)
  t.equal(budget.holdOf(name('b.acme.com'), NOW), undefined)
})

t.test('the wait for unknown certificates to end does not pass without a log', async (t) => {
  const budget = new BudgetKeeper()
  budget.begin(SOMEBODY, NOW)
  const later = NOW + MAY_HOLD_MS - 1
  budget.prune(later, () => false)
  budget.note(begun(name('first.example.org')), later)
  const names = namesUnder('acme.com', 100)
  t.ok(names.every((each) => budget.judge(each, NEW, later + 1).kind === 'allowed'))
  t.equal(budget.holdOf(name('n0.acme.com'), later + 1), undefined)

  const counted = new BudgetKeeper()
  counted.begin(NOBODY, NOW)
  counted.judge(name('n0.acme.com'), NEW, NOW)
  t.equal(counted.holdOf(name('n0.acme.com'), NOW + RESERVATION_MS), undefined, 'there is no log')
})

t.test('what core knows to have a certificate is never held back', async (t) => {
  const budget = counting()
  const hostname = name('a.acme.com')
  budget.note(begun(hostname), NOW)
  budget.note(failed(hostname), NOW)
  t.equal(budget.judge(hostname, NEW, NOW).kind, 'held_back')
  t.equal(budget.judge(hostname, { ...NEW, mayHoldUntil: NOW + 1 }, NOW).kind, 'allowed')
})

t.test('names of this machine are not counted', async (t) => {
  const budget = counting()
  const hostname = name('go.localhost')
  const { revision } = budget
  budget.note(begun(hostname), NOW)
  t.equal(budget.note(failed(hostname), NOW), undefined)
  t.equal(budget.judge(hostname, NEW, NOW).kind, 'allowed')
  t.equal(budget.revision, revision)
})

t.test('a hold is new once', async (t) => {
  const budget = counting()
  const hostname = name('a.acme.com')
  const until = (ms: number) => ({ reason: 'backoff', until: NOW + ms }) as const
  t.equal(budget.newSlot(hostname, until(10), NOW), NOW + 10)
  t.equal(budget.newSlot(hostname, until(20), NOW + 9), undefined)
  t.equal(budget.newSlot(hostname, until(20), NOW + 10), NOW + 20)
})

t.test('who waits for the account is told a place behind the others', async (t) => {
  const budget = counting()
  const hold = { reason: 'account', until: NOW + 5_000 } as const
  const told = ['a', 'b', 'c'].map((label) => budget.newSlot(name(`${label}.acme.com`), hold, NOW))
  t.same(told, [NOW + 5_000, NOW + 41_000, NOW + 77_000])
  t.equal(budget.newSlot(name('a.acme.com'), hold, NOW + 1), undefined)
  const later = { reason: 'account', until: NOW + 500_000 } as const
  t.equal(budget.newSlot(name('d.acme.com'), later, NOW), NOW + 500_000)
  t.equal(budget.newSlot(name('e.acme.com'), { ...hold, reason: 'hostname' }, NOW), NOW + 5_000)
})

t.test(
  'no hostname loses its place, and the line is no longer than who stands in it',
  async (t) => {
    const budget = counting()
    const hold = { reason: 'account', until: NOW + 5_000 } as const
    const names = namesUnder('acme.com', BUDGET_ENTRIES_MAX + 1)
    const tellAll = (now: number) => names.map((each) => budget.newSlot(each, hold, now))
    const told = tellAll(NOW)
    t.equal(told[20_000], NOW + 5_000 + 20_000 * 36_000)
    t.equal(budget.newSlot(name('n20000.acme.com'), hold, NOW), undefined)
    const again = tellAll(NOW).filter((slot) => slot !== undefined)
    t.ok(again.every((slot) => slot <= hold.until + BUDGET_ENTRIES_MAX * 36_000))

    const later = NOW + 2 * BUDGET_ENTRIES_MAX * 36_000
    budget.prune(later, () => false)
    const next = { reason: 'account', until: later + 5_000 } as const
    t.equal(budget.newSlot(name('z.acme.com'), next, later), later + 5_000)
  },
)

t.test('what is kept is bounded, and what is forgotten is not taken for new', async (t) => {
  const budget = counting()
  for (let index = 0; index <= BUDGET_ENTRIES_MAX; index += 1) {
    budget.note({ ...begun(name(`n${index}.acme.com`)), kind: 'issued', evidence: [] }, NOW)
  }
  t.equal(budget.state.names.size, BUDGET_ENTRIES_MAX)
  t.equal(budget.look(name('first.example.org'), NEW, NOW).kind, 'allowed')
})

t.test('what says nothing any more is forgotten', async (t) => {
  const budget = counting()
  for (const label of ['a', 'b']) {
    const hostname = name(`${label}.acme.com`)
    budget.note(begun(hostname), NOW)
    budget.note({ ...begun(hostname), kind: 'issued', evidence: [] }, NOW)
  }
  const later = NOW + LIMITS.hostname.periodMs
  budget.prune(later, (hostname) => hostname === 'a.acme.com')
  t.same([...budget.state.names.keys()], ['first.example.org', 'b.acme.com'])
  t.equal(budget.state.domains.size, 0)
})

t.test('each reason is a sentence with its end', async (t) => {
  for (const reason of [...Object.keys(LIMITS), 'backoff'] as (keyof typeof LIMITS)[]) {
    t.match(holdMessage(reason, NOW), /^[A-Z].*\. The next attempt can be made at 2027-/)
  }
})
