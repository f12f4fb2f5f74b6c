import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { latenciesOf } from '../harness/statistics.ts'
import type { CaddyProgram } from '../../test/support/caddies.ts'
import { eventually } from '../../test/support/eventually.ts'
import { startInstallation, type Installation } from '../../test/story/installation.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import {
  addDomains,
  currentCaddy,
  domainNow,
  inParallel,
  type WholeDomain,
} from './harness/whole.ts'

const REJECTED_PERCENT = [0, 5, 50] as const
const ISSUED_WITHIN_MS = 60_000
const ACTIVE_WITHIN_MS = 60_000
const LOOK_MS = 100
// Without the polls for a validation: how many there are depends on how long it takes.
const POSTED = /POST \/(?!authZ)\S+ -> calling handler/

/** S13: a CA that rejects good nonces and takes its time to validate. */
export const S13: Row = {
  name: 'S13',
  title: 'a CA that rejects good nonces and is slow to validate',
  goal: '100 % issued within 60 s of being active with 5 % rejected; 50 % is told',
  run,
}

async function run({ directory, isShort, say }: RowContext): Promise<Finding> {
  const caddy = await currentCaddy()
  if (caddy.kind === 'skipped') return caddy
  const facts: Record<string, Issued> = {}
  let figure = NaN
  for (const percent of REJECTED_PERCENT) {
    const hosts = isShort ? 3 : 10
    const validationS = isShort ? 3 : 10
    const seen = await issueWith(caddy, join(directory, String(percent)), {
      hosts,
      percent,
      validationS,
    })
    say(
      `${percent} % rejected: ${seen.issued} of ${hosts} issued, the last after ${seen.max_ms} ms`,
    )
    facts[`rejected_${percent}`] = seen
    if (percent === 5) figure = (100 * seen.issued) / hosts
  }
  return {
    kind: 'measured',
    figure,
    unit: '% issued with 5 % of nonces rejected',
    pass: figure === 100,
    facts,
  }
}

type Issued = {
  readonly hosts: number
  readonly issued: number
  readonly p50_ms: number
  readonly max_ms: number
  readonly orders: number
  /** What Caddy sent but polls; one whose nonce was rejected is sent again. */
  readonly requests: number
  /** What the API says of those that are not issued. */
  readonly errors: readonly string[]
}

async function issueWith(
  caddy: CaddyProgram,
  directory: string,
  how: { readonly hosts: number; readonly percent: number; readonly validationS: number },
): Promise<Issued> {
  await mkdir(directory)
  await using installation = await startInstallation({
    caddy,
    directory,
    pebble: {
      settings: {
        PEBBLE_WFE_NONCEREJECT: String(how.percent),
        // Empty: each validation sleeps for a random time up to this one.
        PEBBLE_VA_NOSLEEP: '',
        PEBBLE_VA_SLEEPTIME: String(how.validationS),
      },
    },
  })
  const hostnames = Array.from({ length: how.hosts }, (_, index) => `links.customer-${index}.test`)
  const domains = await addDomains(installation, hostnames)
  const ends = await inParallel(domains, domains.length, (one) => issuedAfter(installation, one))
  const durations = ends.filter((end) => typeof end === 'number')
  const { p50, max } = latenciesOf(durations)
  return {
    hosts: how.hosts,
    issued: durations.length,
    p50_ms: Math.round(p50),
    max_ms: Math.round(max),
    orders: installation.pebble.orders().length,
    requests: installation.pebble.program.lines.filter((line) => POSTED.test(line)).length,
    errors: ends.filter((end) => typeof end === 'string'),
  }
}

/** Gives the time from active to issued, or in words how it stands after too much of it. */
async function issuedAfter(installation: Installation, one: WholeDomain): Promise<number | string> {
  const isActive = async (): Promise<boolean> =>
    (await domainNow(installation, one)).status === 'active'
  await eventually(`${one.domain.hostname} is active`, isActive, { withinMs: ACTIVE_WITHIN_MS })
  const activeAt = performance.now()
  while (performance.now() - activeAt < ISSUED_WITHIN_MS) {
    const { certificate } = await domainNow(installation, one)
    if (certificate.status === 'issued') return performance.now() - activeAt
    await delay(LOOK_MS)
  }
  const { certificate } = await domainNow(installation, one)
  return `${one.domain.hostname}: ${certificate.status}, ${certificate.error_code ?? 'no error'}`
}
