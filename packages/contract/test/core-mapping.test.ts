import { deepStrictEqual } from 'node:assert/strict'
import * as fc from 'fast-check'
import t from 'tap'
import { CHECK_OUTCOMES } from '../src/core-api.ts'
import { loadCoreProto } from '../src/core-proto.ts'
import { clicksFromWire, clicksToWire } from '../src/click-mapping.ts'
import {
  acknowledgementFromWire,
  acknowledgementToWire,
  checkFromWire,
  checkToWire,
  claimFromWire,
  claimToWire,
  targetFromWire,
  targetToWire,
  watchFromWire,
  watchToWire,
} from '../src/core-request-mapping.ts'
import {
  changeFromWire,
  changeToWire,
  dueDomainsFromWire,
  dueDomainsToWire,
  hostnamesPageFromWire,
  hostnamesPageToWire,
  lookupFromWire,
  lookupToWire,
  outcomeFromWire,
  outcomeToWire,
} from '../src/core-response-mapping.ts'
import { certificateRecordFromWire, certificateRecordToWire } from '../src/certificate-mapping.ts'
import {
  deliveriesFromWire,
  deliveriesToWire,
  deliveryRecordFromWire,
  deliveryRecordToWire,
} from '../src/delivery-mapping.ts'
import { lookedAt } from '../src/fake-rows.ts'
import { FOUND_OCTETS_MAX, FOUND_VALUES_MAX } from '../src/observation-mapping.ts'
import * as some from './arbitraries.ts'
import { targetOf } from './contract-steps.ts'

const {
  LookupLink,
  WatchChanges,
  AcknowledgeChanges,
  RecordClicks,
  ListHostnames,
  ClaimDueDomains,
  RecordCheck,
  RecordCertificate,
  ClaimDeliveries,
  RecordDelivery,
} = loadCoreProto().service

t.test('every request arrives as it was sent', async () => {
  holds(some.target, (target) => {
    const { requestSerialize, requestDeserialize } = LookupLink
    return targetFromWire(wire(targetToWire(target), requestSerialize, requestDeserialize))
  })
  holds(some.watch, (from) => {
    const { requestSerialize, requestDeserialize } = WatchChanges
    return watchFromWire(wire(watchToWire(from), requestSerialize, requestDeserialize))
  })
  holds(some.acknowledgement, (said) => {
    const { requestSerialize, requestDeserialize } = AcknowledgeChanges
    const message = wire(acknowledgementToWire(said), requestSerialize, requestDeserialize)
    return acknowledgementFromWire(message)
  })
  holds(some.clicks, (batch) => {
    const { requestSerialize, requestDeserialize } = RecordClicks
    return clicksFromWire(wire(clicksToWire(batch), requestSerialize, requestDeserialize))
  })
  holds(some.claim, (claim) => {
    const { requestSerialize, requestDeserialize } = ClaimDueDomains
    return claimFromWire(wire(claimToWire(claim), requestSerialize, requestDeserialize))
  })
  holds(some.check, (check) => {
    const { requestSerialize, requestDeserialize } = RecordCheck
    return checkFromWire(wire(checkToWire(check), requestSerialize, requestDeserialize))
  })
  holds(some.certificateRecord, (record) => {
    const { requestSerialize, requestDeserialize } = RecordCertificate
    const message = wire(certificateRecordToWire(record), requestSerialize, requestDeserialize)
    return certificateRecordFromWire(message)
  })
  holds(some.deliveryRecord, (record) => {
    const { requestSerialize, requestDeserialize } = RecordDelivery
    const message = wire(deliveryRecordToWire(record), requestSerialize, requestDeserialize)
    return deliveryRecordFromWire(message)
  })
})

t.test('every answer arrives as it was sent', async () => {
  holds(some.lookup, ({ target, lookup }) => {
    const { responseSerialize, responseDeserialize } = LookupLink
    const message = wire(lookupToWire(lookup), responseSerialize, responseDeserialize)
    return { target, lookup: lookupFromWire(message, target) }
  })
  holds(some.change, (change) => {
    const { responseSerialize, responseDeserialize } = WatchChanges
    return changeFromWire(wire(changeToWire(change), responseSerialize, responseDeserialize))
  })
  holds(some.page, (page) => {
    const { responseSerialize, responseDeserialize } = ListHostnames
    const message = wire(hostnamesPageToWire(page), responseSerialize, responseDeserialize)
    return hostnamesPageFromWire(message)
  })
  holds(fc.array(some.dueDomain, { maxLength: 3 }), (domains) => {
    const { responseSerialize, responseDeserialize } = ClaimDueDomains
    const message = wire(dueDomainsToWire(domains), responseSerialize, responseDeserialize)
    return dueDomainsFromWire(message)
  })
  holds(fc.array(some.delivery, { maxLength: 3 }), (deliveries) => {
    const { responseSerialize, responseDeserialize } = ClaimDeliveries
    const message = wire(deliveriesToWire(deliveries), responseSerialize, responseDeserialize)
    return deliveriesFromWire(message)
  })
  holds(fc.constantFrom(...CHECK_OUTCOMES), (outcome) => {
    const { responseSerialize, responseDeserialize } = RecordCheck
    return outcomeFromWire(wire(outcomeToWire(outcome), responseSerialize, responseDeserialize))
  })
})

t.test('found values are cut to what the wire carries', async (t) => {
  const [check] = fc.sample(some.check, 1)
  if (check === undefined) throw new Error('no sample')
  const { requestSerialize, requestDeserialize } = RecordCheck
  const found = [
    'x'.repeat(FOUND_OCTETS_MAX + 1),
    '\u00fc'.repeat(FOUND_OCTETS_MAX),
    '\u{1f600}'.repeat(FOUND_OCTETS_MAX),
    'a\ud800b',
    ...Array.from({ length: FOUND_VALUES_MAX }, () => 'y'),
  ]
  const routing = lookedAt('wrong', found, 1)
  const sent = checkToWire({ ...check, observations: { ...check.observations, routing } })
  const received = checkFromWire(wire(sent, requestSerialize, requestDeserialize))
  t.same(received.observations.routing.found, [
    'x'.repeat(FOUND_OCTETS_MAX),
    '\u00fc'.repeat(FOUND_OCTETS_MAX / 2),
    '\u{1f600}'.repeat(FOUND_OCTETS_MAX / 4),
    'a\ufffdb',
    ...Array.from({ length: FOUND_VALUES_MAX - 4 }, () => 'y'),
  ])
})

const TARGET = targetOf('links.example.com', 'spring')
const DOMAIN = {
  id: 'dom_1',
  workspaceId: 'ws_1',
  hostname: 'links.example.com',
  status: 'DOMAIN_STATUS_ACTIVE',
  version: 1,
} as const
const LINK = {
  id: 'lnk_1',
  slug: 'spring',
  destinationUrl: 'https://example.com/',
  redirectStatus: 302,
  isDisabled: false,
  version: 1,
} as const

const BAD_LOOKUPS: readonly { readonly field: string; readonly message: object }[] = [
  { field: 'sequence', message: { sequence: 2 ** 60 } },
  { field: 'link', message: { link: LINK } },
  { field: 'link', message: { domain: DOMAIN, link: { ...LINK, slug: 'summer' } } },
  { field: 'domain.id', message: { domain: { ...DOMAIN, id: '' } } },
  { field: 'domain.workspace_id', message: { domain: { ...DOMAIN, workspaceId: '' } } },
  { field: 'domain.hostname', message: { domain: { ...DOMAIN, hostname: 'other.example.com' } } },
  { field: 'domain.hostname', message: { domain: { ...DOMAIN, hostname: 'LINKS.example.com' } } },
  { field: 'domain.hostname', message: { domain: { ...DOMAIN, hostname: 'evil.com/x' } } },
  { field: 'domain.status', message: { domain: { ...DOMAIN, status: 0 } } },
  { field: 'domain.status', message: { domain: { ...DOMAIN, status: 77 } } },
  { field: 'domain.root_url', message: { domain: { ...DOMAIN, rootUrl: '' } } },
  { field: 'domain.root_url', message: { domain: { ...DOMAIN, rootUrl: 'javascript:alert(1)' } } },
  { field: 'domain.not_found_url', message: { domain: { ...DOMAIN, notFoundUrl: '/x' } } },
  { field: 'domain.version', message: { domain: { ...DOMAIN, version: 2 ** 60 } } },
  { field: 'link.id', message: { domain: DOMAIN, link: { ...LINK, id: '' } } },
  { field: 'link.slug', message: { domain: DOMAIN, link: { ...LINK, slug: 'a/b' } } },
  ...[
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user:password@example.com/',
    'https://example.com/\r\nSet-Cookie: x=1',
    'https://example.com/\u65e5\u672c',
    'HTTPS://example.com/',
    'https://example.com',
    '//example.com/',
    '',
  ].map((destinationUrl) => ({
    field: 'link.destination_url',
    message: { domain: DOMAIN, link: { ...LINK, destinationUrl } },
  })),
  ...[0, 200, 300, 303, 304, 309].map((redirectStatus) => ({
    field: 'link.redirect_status',
    message: { domain: DOMAIN, link: { ...LINK, redirectStatus } },
  })),
  {
    field: 'link.expires_at_ms',
    message: { domain: DOMAIN, link: { ...LINK, expiresAtMs: 2 ** 60 } },
  },
  { field: 'link.version', message: { domain: DOMAIN, link: { ...LINK, version: 2 ** 60 } } },
]

t.test('a lookup with a value that is not usable is refused', async (t) => {
  const { responseSerialize, responseDeserialize } = LookupLink
  for (const { field, message } of BAD_LOOKUPS) {
    const received = wire(message, responseSerialize, responseDeserialize)
    const expected = { code: 'internal_error', facts: { field } }
    t.throws(() => lookupFromWire(received, TARGET), expected, JSON.stringify(message))
  }
  const good = wire({ domain: DOMAIN, link: LINK }, responseSerialize, responseDeserialize)
  t.match(lookupFromWire(good, TARGET), { link: { destination: 'https://example.com/' } })
})

const SEEN = { state: 'RECORD_STATE_FOUND', found: [] } as const
const DUE = { ...DOMAIN, lease: 'lease_1', routing: SEEN, ownership: SEEN } as const

const BAD_DUE_DOMAINS: readonly { readonly field: string; readonly message: object }[] = [
  { field: 'domains.id', message: { ...DUE, id: '' } },
  { field: 'domains.workspace_id', message: { ...DUE, workspaceId: '' } },
  { field: 'domains.hostname', message: { ...DUE, hostname: '10.0.0.1' } },
  { field: 'domains.status', message: { ...DUE, status: 0 } },
  { field: 'domains.status_since_ms', message: { ...DUE, statusSinceMs: 2 ** 60 } },
  { field: 'domains.version', message: { ...DUE, version: 2 ** 60 } },
  { field: 'domains.fast_until_ms', message: { ...DUE, fastUntilMs: -(2 ** 60) } },
  { field: 'domains.loss_seen_at_ms', message: { ...DUE, lossSeenAtMs: 2 ** 60 } },
  { field: 'domains.grace_ends_at_ms', message: { ...DUE, graceEndsAtMs: 2 ** 60 } },
  { field: 'domains.observations', message: { ...DUE, routing: null } },
  { field: 'domains.observations', message: { ...DUE, ownership: { state: 77 } } },
  { field: 'domains.lease', message: { ...DUE, lease: '' } },
  { field: 'domains.due_at_ms', message: { ...DUE, dueAtMs: 2 ** 60 } },
]

t.test('a due domain with a value that is not usable is refused', async (t) => {
  const { responseSerialize, responseDeserialize } = ClaimDueDomains
  for (const { field, message } of BAD_DUE_DOMAINS) {
    const received = wire({ domains: [DUE, message] }, responseSerialize, responseDeserialize)
    const expected = { code: 'internal_error', facts: { field } }
    t.throws(() => dueDomainsFromWire(received), expected, JSON.stringify(message))
  }
})

t.test('a page or an outcome that is not usable is refused', async (t) => {
  const { responseSerialize, responseDeserialize } = ListHostnames
  for (const message of [
    { sequence: 2 ** 60 },
    { hostnames: [{ hostname: '' }] },
    { hostnames: [{ hostname: 'Links.example.com' }] },
    { hostnames: [{ hostname: 'links.example.com', status: 77 }] },
  ]) {
    const received = wire<object, Parameters<typeof hostnamesPageFromWire>[0]>(
      message,
      responseSerialize,
      responseDeserialize,
    )
    t.throws(() => hostnamesPageFromWire(received), { code: 'internal_error' })
  }
  for (const outcome of [0, 77]) {
    const { responseSerialize: serialize, responseDeserialize: deserialize } = RecordCheck
    const received = wire<object, Parameters<typeof outcomeFromWire>[0]>(
      { outcome },
      serialize,
      deserialize,
    )
    t.throws(() => outcomeFromWire(received), { code: 'internal_error' })
  }
})

const RESET_OF_UNKNOWN = { kind: 'reset', sequence: 7, lineage: '' }

t.test('a change that this version cannot read is a reset', async (t) => {
  const { responseSerialize, responseDeserialize } = WatchChanges
  const ofANewerCore = Buffer.concat([
    responseSerialize({ sequence: 7 }),
    Buffer.from([0xfa, 1, 0]),
  ])
  t.same(changeFromWire(responseDeserialize(ofANewerCore)), RESET_OF_UNKNOWN)
  for (const content of [
    {},
    { hostnameChanged: {} },
    { hostnameChanged: { hostname: { hostname: 'a_b.example.com' } } },
    { hostnameChanged: { hostname: { hostname: 'links.example.com', status: 77 } } },
    { linkChanged: {} },
    { linkChanged: { hostname: 'links.example.com', slug: 'a/b' } },
    { linkChanged: { hostname: 'links', slug: 'a' } },
  ]) {
    const message = wire<object, Parameters<typeof changeFromWire>[0]>(
      { sequence: 7, ...content },
      responseSerialize,
      responseDeserialize,
    )
    t.same(changeFromWire(message), RESET_OF_UNKNOWN, JSON.stringify(content))
  }
  const lost = responseDeserialize(responseSerialize({ sequence: 2 ** 60, reset: {} }))
  t.throws(() => changeFromWire(lost), { code: 'internal_error' })
})

function holds<Value>(
  values: fc.Arbitrary<Value>,
  sendAndReceive: (value: Value) => unknown,
): void {
  fc.assert(fc.property(values, (value) => deepStrictEqual(sendAndReceive(value), value)))
}

/** Sends a message through the octets of the wire. */
function wire<Sent, Received>(
  message: Sent,
  serialize: (message: Sent) => Buffer,
  deserialize: (octets: Buffer) => Received,
): Received {
  return deserialize(serialize(message))
}
