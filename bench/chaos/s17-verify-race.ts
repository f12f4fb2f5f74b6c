import { join } from 'node:path'
import { plainCheck } from '@fingerpost/contract/fake-rows'
import { CLAIM_LIMIT_MAX, type DueDomain } from '@fingerpost/contract/core-api'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  type Installation,
} from '../../services/api-core/test/installation.ts'
import { startPostgres } from '../../services/api-core/test/postgres.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

const RIVALS = 200
const HOSTNAME = 'links.example.com'
const CHECK_MS = 60_000

/** S17: many workspaces prove one hostname at the same time. */
export const S17: Row = {
  name: 'S17',
  title: `${RIVALS} workspaces prove one hostname at once, on both databases`,
  goal: '0 rounds with more or less than one holder, 0 errors',
  run,
}

type Race = {
  readonly rounds: number
  /** Rounds that did not end with exactly one holder. */
  readonly wrong: number
  readonly errors: number
}

async function run({ directory, isShort, say }: RowContext): Promise<Finding> {
  const rounds = isShort ? 25 : 1_000
  say(`${rounds} rounds on SQLite`)
  const sqlite = await raceOn(`sqlite:${join(directory, 'race.sqlite')}`, rounds)
  let postgres: Race | undefined
  await using server = await startPostgres()
  if (server !== undefined) {
    say(`${rounds} rounds on PostgreSQL`)
    postgres = await raceOn(await server.emptyDatabase(), rounds)
  }
  const races = [sqlite, ...(postgres === undefined ? [] : [postgres])]
  const figure = races.reduce((sum, { wrong }) => sum + wrong, 0)
  const errors = races.reduce((sum, race) => sum + race.errors, 0)
  return {
    kind: 'measured',
    figure,
    unit: 'rounds without exactly one holder',
    pass: figure === 0 && errors === 0,
    facts: { rivals: RIVALS, errors, sqlite, postgres: postgres ?? 'not installed' },
  }
}

async function raceOn(url: string, rounds: number): Promise<Race> {
  await using open = await openInstallation(url)
  for (let n = 0; n < RIVALS; n += 1) await givenDomain(await givenTenant(open), HOSTNAME)
  let wrong = 0
  let errors = 0
  for (let round = 0; round < rounds; round += 1) {
    const due = await claimAll(open)
    const ends = await Promise.allSettled(due.map((one) => open.core.recordCheck(proof(open, one))))
    errors += ends.filter(({ status }) => status === 'rejected').length
    const holders = await open.storage.db
      .selectFrom('domains')
      .select('id')
      .where('is_holder', '=', 1)
      .execute()
    const applied = ends.filter((end) => end.status === 'fulfilled' && end.value === 'applied')
    if (holders.length !== 1 || applied.length !== 1 || due.length !== RIVALS) wrong += 1
    await startOver(open)
  }
  return { rounds, wrong, errors }
}

async function claimAll(open: Installation): Promise<readonly DueDomain[]> {
  const all: DueDomain[] = []
  for (;;) {
    const claim = { workerId: 'race', limit: CLAIM_LIMIT_MAX, leaseMs: CHECK_MS }
    const due = await open.core.claimDueDomains(claim)
    all.push(...due)
    if (due.length < CLAIM_LIMIT_MAX) return all
  }
}

function proof(open: Installation, due: DueDomain) {
  const reason = { code: 'ownership_proved', message: 'The TXT record was found.' } as const
  return {
    ...plainCheck(due, open.now()),
    transition: { to: 'verified', ...reason } as const,
    reason,
    nextCheckAt: open.now() + CHECK_MS,
  }
}

/** Makes everybody a claim again that is due, as if nothing had happened. */
async function startOver(open: Installation): Promise<void> {
  await open.storage.db
    .updateTable('domains')
    .set({ status: 'pending_verification', is_holder: 0, next_check_at: open.now() })
    .execute()
  open.advance(CHECK_MS)
}
