import { once } from 'node:events'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import type { CertificateErrorCode } from '@fingerpost/model/certificate'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { makeHandshake } from '../../services/domain-manager/src/certificates/handshake.ts'
import type { CaddyEvent } from '../../services/domain-manager/src/rules/caddy-event.ts'
import { readCaddyLine } from '../../services/domain-manager/src/rules/caddy-log.ts'
import { startAcmeProxy } from '../support/acme-proxy.ts'
import { startCaddy, type Caddy } from '../support/caddy.ts'
import { testEachCaddy } from '../support/each-caddy.ts'
import { eventually } from '../support/eventually.ts'
import { behaviourOf } from './behaviour.ts'
import { ALLOW } from './scripted-ask.ts'
import { setStage, STAGE_PROGRAMS, type Stage } from './stage.ts'

t.jobs = 2

const EMAIL = 'operator@customer.test'
const WITHIN_MS = 15_000
/** Long enough for Caddy to begin; what fails it goes on trying without us. */
const GIVEN_UP_MS = 1_000
/** In current Caddy, the last 50 minutes of a certificate's life are its renewal window. */
const ALWAYS_DUE_S = 2_000
const SHORT_S = 15

await testEachCaddy(
  'a handshake of ours brings the certificate before the first visitor',
  STAGE_PROGRAMS,
  async (t, program) => {
    await using stage = await setStage(program, { email: EMAIL })
    const name = await givenName(stage, 'links.customer.test', '127.0.0.1')
    const caddy = await stage.startCaddy()
    t.teardown(() => caddy.stop())

    t.match(await look(stage, name, WITHIN_MS), {
      kind: 'seen',
      certificate: { issuer: /^Pebble/, keyType: 'P-256' },
    })
    t.same(stage.pebble.orders(), [name])
    t.match(await stage.handshake(name), { kind: 'accepted' })
    t.same(stage.pebble.orders(), [name], 'the visitor takes no order')
    const kinds = eventsOf(caddy, name).map(({ kind }) => kind)
    t.same(kinds, ['order_begun', 'issued'], "and both stand in Caddy's log")
    const said = { role: 'acme', question: `order ${name}`, outcome: 'issued' }
    t.match(eventsOf(caddy, name).at(-1), { evidence: [said] })

    const unknown = nameOf('unknown.customer.test')
    t.same(await look(stage, unknown, WITHIN_MS), { kind: 'refused', alert: 'internal error' })
    t.same(eventsOf(caddy, unknown), [])
    await caddy.stop()
    t.match(await look(stage, name, WITHIN_MS), { kind: 'unreachable', what: 'ECONNREFUSED' })
  },
)

await testEachCaddy(
  'what keeps a CA from issuing becomes the right error, with what to do',
  STAGE_PROGRAMS,
  async (t, program) => {
    await using stage = await setStage(program, {
      email: EMAIL,
      blockedHostnames: ['blocked.test'],
    })
    await using proxy = await startAcmeProxy(stage.pebble)
    await startStranger(t, stage.caddyOptions.httpPort)
    const name = (text: string, address = '127.0.0.1') => givenName(stage, text, address)
    const blocked = await name('links.blocked.test')
    const closed = await name('closed.customer.test', '127.0.0.2')
    const stranger = await name('stranger.customer.test', '127.0.0.3')
    const lost = await name('lost.customer.test', '')
    const forbidden = await name('caa.customer.test')
    proxy.script(forbidden, {
      at: 'challenge',
      problem: {
        type: 'caa',
        status: 403,
        detail: 'CAA record for customer.test prevents issuance',
      },
    })
    const limited = await name('limited.customer.test')
    proxy.script(limited, {
      at: 'new_order',
      problem: {
        type: 'rateLimited',
        status: 429,
        detail:
          'too many certificates (50) already issued for "customer.test" in the last 168h0m0s, ' +
          'retry after 2126-11-22 10:11:12 UTC: see https://letsencrypt.org/docs/rate-limits/',
      },
    })
    const { issuer } = stage.caddyOptions
    if (issuer.kind !== 'acme') throw new Error('The stage has no ACME server.')
    const { directoryUrl } = proxy
    const caddy = await startCaddy({ ...stage.caddyOptions, issuer: { ...issuer, directoryUrl } })
    t.teardown(() => caddy.stop())

    const expected: readonly (readonly [Hostname, CertificateErrorCode, RegExp])[] = [
      [blocked, 'rejected_identifier', /^The CA issues no certificates for "links\.blocked\.test"/],
      [closed, 'connection', /on port 80 at 127\.0\.0\.2: the connection was refused/],
      [stranger, 'unauthorized', /^Something else answered at "stranger\.customer\.test"/],
      [lost, 'dns', /^The CA could not find the addresses of "lost\.customer\.test"/],
      [forbidden, 'caa', /^CAA at "customer\.test" does not allow "letsencrypt\.org"\. Add a CAA/],
      [limited, 'rate_limited', /is tried again after 2126-11-22 10:11:12 UTC/],
    ]
    for (const [hostname, code, message] of expected) {
      // Why one after another: Caddy 2.6.2 refuses some of several first handshakes at once.
      await look(stage, hostname, GIVEN_UP_MS)
      const failed = await eventually(
        `a failure of ${hostname}`,
        () => eventsOf(caddy, hostname).find(({ kind }) => kind === 'failed'),
        { withinMs: WITHIN_MS },
      )
      t.match(failed, { error: { code, message } }, hostname)
      const said = { role: 'acme', outcome: /^urn:ietf:params:acme:error:[a-zA-Z]+$/ }
      t.match(failed, { evidence: [said] }, hostname)
    }
    const counted = (hostname: Hostname) =>
      eventsOf(caddy, hostname).filter(
        (event) => event.kind === 'failed' && event.isValidationFailure,
      )
    t.equal(counted(closed).length, 1, 'one validation failed')
    t.equal(counted(limited).length, 0, 'none was tried')
    const retryAt = Date.parse('2126-11-22T10:11:12Z')
    t.match(eventsOf(caddy, limited).at(-1), { retryAt, limit: 'registrable_domain' })
  },
)

await testEachCaddy(
  'a quiet hostname is renewed by our handshakes alone',
  STAGE_PROGRAMS,
  async (t, program) => {
    const isOld = behaviourOf(program.version).failsFirstHandshakesAtOnce
    await using stage = await setStage(program, {
      email: EMAIL,
      certificateLifetimeS: isOld ? SHORT_S : ALWAYS_DUE_S,
    })
    const name = await givenName(stage, 'quiet.customer.test', '127.0.0.1')
    const caddy = await stage.startCaddy()
    t.teardown(() => caddy.stop())
    const first = await look(stage, name, WITHIN_MS)
    if (first.kind !== 'seen') throw new Error(`No certificate: ${first.kind}.`)
    const renewed = await eventually(
      'a renewed certificate',
      async () => {
        const outcome = await look(stage, name, WITHIN_MS)
        if (outcome.kind !== 'seen') return undefined
        return outcome.certificate.notBefore > first.certificate.notBefore ? outcome : undefined
      },
      { withinMs: 2 * WITHIN_MS },
    )
    t.ok(renewed)
    const renewals = eventsOf(caddy, name).filter(
      (event) => 'isRenewal' in event && event.isRenewal,
    )
    t.match(renewals, [{ kind: 'order_begun' }, { kind: 'issued' }])
  },
)

function nameOf(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`${text} is no hostname.`)
  return hostname
}

async function givenName(stage: Stage, text: string, address: string): Promise<Hostname> {
  await stage.dns.setA(text, address === '' ? [] : [address])
  stage.ask.script([text], ALLOW)
  return nameOf(text)
}

function look(stage: Stage, hostname: Hostname, deadlineMs: number) {
  const address = { host: '127.0.0.1', port: stage.caddyOptions.httpsPort }
  return makeHandshake(hostname, { address, deadlineMs }, new AbortController().signal)
}

function eventsOf(caddy: Caddy, hostname: Hostname): readonly CaddyEvent[] {
  const context = { receivedAt: Date.now(), acmeIssuer: 'letsencrypt.org' }
  return caddy.lines
    .map((line) => readCaddyLine(line, context))
    .flatMap((line) => (line.kind === 'event' ? [line.event] : []))
    .filter((event) => event.hostname === hostname)
}

/** Somebody else's web server on the port of plain HTTP. */
async function startStranger(t: Test, port: number): Promise<void> {
  const server = createServer((_request, response) => response.writeHead(404).end('not here'))
  const listening = once(server, 'listening')
  server.listen(port, '127.0.0.3')
  await listening
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
}
