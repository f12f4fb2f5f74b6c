import * as fc from 'fast-check'
import type { CheckRecord, DueDomain } from '@fingerpost/contract/core-api'
import { lookedAt, plainCheck } from '@fingerpost/contract/fake-rows'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import type { WriteDeps } from '../src/database/transaction.ts'
import { inTransaction } from '../src/database/transaction.ts'
import { claimDueDomains, recordCheck } from '../src/domains/check-store.ts'
import { createDomain, deleteDomain } from '../src/domains/domain-store.ts'
import type { RecordNaming } from '../src/rules/domain-records.ts'
import { createWorkspace } from '../src/workspaces/workspace-store.ts'

/** How many workspaces want the one hostname. */
const WORKSPACES = 3
const CONFIRM_MS = 60_000
const LEASE_MS = 60_000
const NAMING: RecordNaming = { publicTarget: 'edge.example.net', txtPrefix: '_fingerpost-verify' }

/** One thing that happens; `who` is the number of a workspace. */
export type ClaimStep =
  | { readonly kind: 'add' | 'delete'; readonly who: number }
  /** A TXT value is published or taken away: of the workspace's newest domain, or an older one. */
  | { readonly kind: 'publish' | 'unpublish'; readonly who: number; readonly age: number }
  | { readonly kind: 'route'; readonly leadsHere: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Whatever is due is looked at; what is decided of it is recorded later. */
  | { readonly kind: 'look' }
  /** One of the decisions that are not recorded yet is, in any order. */
  | { readonly kind: 'record'; readonly which: number }
  /** A check from its beginning to its end, all that are due. */
  | { readonly kind: 'check' }
  /** Only the workspace's own value is published for as long as a takeover takes. */
  | { readonly kind: 'takeover'; readonly who: number }

const who = fc.nat({ max: WORKSPACES - 1 })
const age = fc.constantFrom(0, 0, 0, 1, 2)

/** Makes sequences of what workspaces, their DNS and domain-managers can do. */
export const claimSteps: fc.Arbitrary<readonly ClaimStep[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), who }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), who }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('publish' as const), who, age }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('unpublish' as const), who, age }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('route' as const), leadsHere: fc.boolean() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.constantFrom(1, CONFIRM_MS - 1, CONFIRM_MS, LEASE_MS + 1),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'look' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('record' as const), which: fc.nat({ max: 5 }) }),
    },
    { weight: 6, arbitrary: fc.constant({ kind: 'check' as const }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('takeover' as const), who }) },
  ),
  { minLength: 5, maxLength: 40, size: 'max' },
)

/** A race, a takeover and a check that comes too late: so that no run lacks them. */
export const EVENTFUL_LIFE: readonly ClaimStep[] = [
  { kind: 'add', who: 0 },
  { kind: 'add', who: 1 },
  { kind: 'publish', who: 0, age: 0 },
  { kind: 'publish', who: 1, age: 0 },
  { kind: 'look' },
  { kind: 'record', which: 0 },
  { kind: 'record', which: 0 },
  { kind: 'takeover', who: 0 },
  { kind: 'takeover', who: 1 },
  { kind: 'look' },
  { kind: 'wait', ms: LEASE_MS + 1 },
  { kind: 'record', which: 0 },
]

/** What a run is about, and how often what mattered happened in it. */
export type ClaimCounts = { verified: number; takeovers: number; refused: number; late: number }

/** What a run needs: the stores, and a clock that it can turn. */
export type ClaimsDeps = WriteDeps & { readonly advance: (ms: number) => void }

type Owned = { readonly id: string; readonly token: string; readonly workspace: number }
type Decision = { readonly check: CheckRecord; readonly due: DueDomain; readonly isProved: boolean }

/**
 * Lets one hostname live through `steps` and throws when a rule of ownership is
 * broken: whoever holds the hostname published the TXT value of that very domain
 * when it was decided, and nothing else ever changes who holds it.
 */
export async function liveThrough(
  hostnameText: string,
  steps: readonly ClaimStep[],
  counts: ClaimCounts,
  deps: ClaimsDeps,
): Promise<void> {
  const life = new ClaimsLife(hostnameText, counts, deps)
  await life.begin()
  for (const step of steps) await life.take(step)
  await life.end()
}

class ClaimsLife {
  readonly #hostname: Hostname
  readonly #counts: ClaimCounts
  readonly #deps: ClaimsDeps
  readonly #workspaceIds: string[] = []
  /** All domains that ever were, the newest last. */
  readonly #owned: Owned[] = []
  readonly #live = new Map<number, Owned>()
  /** What stands in DNS. */
  readonly #published = new Set<string>()
  #leadsHere = true
  readonly #decisions: Decision[] = []
  #holder: string | undefined

  constructor(hostnameText: string, counts: ClaimCounts, deps: ClaimsDeps) {
    const hostname = canonicalHostname(hostnameText)
    if (hostname === undefined) throw new Error(`"${hostnameText}" is no hostname.`)
    this.#hostname = hostname
    this.#counts = counts
    this.#deps = deps
  }

  async begin(): Promise<void> {
    for (let n = 0; n < WORKSPACES; n += 1) {
      const made = await this.#write((writing) =>
        createWorkspace({ name: `Workspace ${n}`, plan: 'free' }, writing),
      )
      this.#workspaceIds.push(made.id)
    }
  }

  /** Leaves nothing that is due to the next run. */
  async end(): Promise<void> {
    const { db } = this.#deps.storage
    await db.updateTable('domains').set({ next_check_at: null, lease: null }).execute()
  }

  async take(step: ClaimStep): Promise<void> {
    const expected = await this.#perform(step)
    await this.#prove(expected, step)
  }

  /** Gives who is to hold the hostname after the step. */
  async #perform(step: ClaimStep): Promise<string | undefined> {
    switch (step.kind) {
      case 'add':
        await this.#add(step.who)
        return this.#holder
      case 'delete':
        return this.#delete(step.who)
      case 'publish':
      case 'unpublish': {
        const of = this.#owned.filter(({ workspace }) => workspace === step.who)
        const token = of.at(-1 - step.age)?.token
        if (token !== undefined && step.kind === 'publish') this.#published.add(token)
        if (token !== undefined && step.kind === 'unpublish') this.#published.delete(token)
        return this.#holder
      }
      case 'route':
        this.#leadsHere = step.leadsHere
        return this.#holder
      case 'wait':
        this.#deps.advance(step.ms)
        return this.#holder
      case 'look':
        await this.#look()
        return this.#holder
      case 'record':
        return this.#record(this.#decisions.splice(step.which, 1)[0], this.#holder)
      case 'check':
        return this.#check()
      case 'takeover': {
        const own = this.#live.get(step.who)
        this.#published.clear()
        if (own !== undefined) this.#published.add(own.token)
        this.#holder = await this.#check()
        this.#deps.advance(CONFIRM_MS)
        return this.#check()
      }
      default:
        return step satisfies never
    }
  }

  async #add(who: number): Promise<void> {
    if (this.#live.has(who)) return
    const input = { hostname: this.#hostname, tier: 'standard' }
    const made = await this.#write((writing) =>
      createDomain(this.#workspaceIds[who] ?? '', input, writing),
    )
    const { id, verificationToken: token } = made
    if (this.#owned.some((one) => one.token === token)) throw new Error('A token came twice.')
    const owned = { id, token, workspace: who }
    this.#owned.push(owned)
    this.#live.set(who, owned)
  }

  async #delete(who: number): Promise<string | undefined> {
    const owned = this.#live.get(who)
    if (owned === undefined) return this.#holder
    this.#live.delete(who)
    await this.#write((writing) => deleteDomain(this.#workspaceIds[who] ?? '', owned.id, writing))
    return owned.id === this.#holder ? undefined : this.#holder
  }

  async #look(): Promise<void> {
    const request = { workerId: 'model', limit: 100, leaseMs: LEASE_MS }
    const due = await this.#write((writing) => claimDueDomains(request, NAMING, writing))
    for (const one of due) this.#decisions.push(this.#decide(one))
  }

  /** Decides as domain-manager does, from what stands in DNS now. */
  #decide(due: DueDomain): Decision {
    const now = this.#deps.clock.now()
    const isProved = this.#published.has(due.verificationToken)
    const plain = {
      ...plainCheck(due, now),
      observations: {
        ...plainCheck(due, now).observations,
        routing: lookedAt(this.#leadsHere ? 'found' : 'missing', [], now),
        ownership: lookedAt(isProved ? 'found' : 'missing', [], now),
      },
      nextCheckAt: now,
    }
    if (due.isTombstone) {
      const nextCheckAt = this.#leadsHere ? now : undefined
      return { due, isProved: false, check: { ...plain, nextCheckAt } }
    }
    if (due.status !== 'pending_verification') {
      const to = this.#leadsHere ? 'active' : due.status === 'active' ? 'degraded' : 'suspended'
      const transition = { to, code: 'routing_ok', message: 'As DNS says.' } as const
      return { due, isProved: false, check: to === due.status ? plain : { ...plain, transition } }
    }
    return { due, isProved, check: isProved ? this.#claim(due, plain) : plain }
  }

  #claim(due: DueDomain, plain: CheckRecord): CheckRecord {
    const transition = { to: 'verified', code: 'ownership_proved', message: 'Proved.' } as const
    if (due.holder === undefined) return { ...plain, transition }
    if (this.#published.has(due.holder.verificationToken)) return plain
    const { takeoverSeenAt } = due
    const isConfirmed =
      takeoverSeenAt !== undefined && plain.checkedAt - takeoverSeenAt >= CONFIRM_MS
    if (!isConfirmed) return { ...plain, takeoverSeenAt: takeoverSeenAt ?? plain.checkedAt }
    return { ...plain, transition: { ...transition, takesOverFrom: due.holder.domainId } }
  }

  async #check(): Promise<string | undefined> {
    await this.#look()
    let holder = this.#holder
    for (const decision of this.#decisions.splice(0)) {
      holder = await this.#record(decision, holder)
    }
    return holder
  }

  async #record(
    decision: Decision | undefined,
    holder: string | undefined,
  ): Promise<string | undefined> {
    if (decision === undefined) return holder
    const { check, due, isProved } = decision
    const outcome = await recordCheck(check, this.#deps)
    if (outcome === 'superseded') this.#counts.late += 1
    if (outcome === 'hostname_in_use') {
      this.#counts.refused += 1
      if (holder === undefined) throw new Error('A claim was refused although nobody holds it.')
    }
    const isClaim = due.status === 'pending_verification' && !due.isTombstone
    if (outcome !== 'applied' || !isClaim || check.transition === undefined) return holder
    if (!isProved) throw new Error('A claim was verified without its TXT value.')
    const isFree = holder === undefined || holder === check.transition.takesOverFrom
    if (!isFree) throw new Error('A hostname was taken from who was not to lose it.')
    this.#counts.verified += 1
    if (holder !== undefined) this.#counts.takeovers += 1
    return due.id
  }

  async #prove(expected: string | undefined, step: ClaimStep): Promise<void> {
    const rows = await this.#deps.storage.db
      .selectFrom('domains')
      .select(['id', 'workspace_id', 'is_holder', 'deleted_at'])
      .where('hostname', '=', this.#hostname)
      .where('is_holder', '=', 1)
      .execute()
    const names = rows.map(({ id }) => id).join(' and ')
    if (rows.length > 1) throw new Error(`After "${step.kind}" ${names} hold the hostname.`)
    const [row] = rows
    if (row?.id !== expected) {
      throw new Error(`After "${step.kind}" ${row?.id} holds the hostname, not ${expected}.`)
    }
    if (row !== undefined && row.deleted_at !== null) throw new Error('A tombstone holds it.')
    this.#holder = expected
  }

  #write<Result>(work: Parameters<typeof inTransaction<Result>>[0]): Promise<Result> {
    return inTransaction(work, this.#deps)
  }
}
