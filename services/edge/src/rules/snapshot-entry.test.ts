import t from 'tap'
import { parseSnapshotEntry, snapshotRecordOf } from './snapshot-entry.ts'

const DOMAIN = {
  kind: 'domain',
  id: 'dom_1',
  workspace_id: 'ws_1',
  hostname: 'links.example.com',
  status: 'active',
  root_url: 'https://example.com/',
  not_found_url: 'https://example.com/lost',
  honours_privacy_signals: true,
  version: 3,
  sequence: 9,
  confirmed_at: 1_800_000_000_000,
}
const LINK = {
  kind: 'link',
  hostname: 'links.example.com',
  domain_id: 'dom_1',
  id: 'lnk_1',
  slug: 'sch\u00f6n',
  destination: 'https://example.com/1',
  redirect_status: 302,
  expires_at: 1_900_000_000_000,
  is_disabled: false,
  version: 1,
  sequence: 9,
  confirmed_at: 1_800_000_000_000,
}
const HEAD = { kind: 'head', lineage: 'one', written_at: 1_800_000_000_000 }
const DROPPED = { kind: 'dropped', hostname: 'links.example.com', slug: '' }

const WHOLE: Readonly<Record<string, object>> = {
  'a head': HEAD,
  'a head without a history': { ...HEAD, lineage: undefined },
  'a domain': DOMAIN,
  'a domain without URLs': { ...DOMAIN, root_url: undefined, not_found_url: undefined },
  'a redirecting alternate': { ...DOMAIN, redirects_to: 'www.example.com' },
  'a link': LINK,
  'a link that expired before 1970': { ...LINK, expires_at: -1 },
  'a link without an expiry': { ...LINK, expires_at: undefined },
  'the root link': { ...LINK, slug: '' },
  'an end': { kind: 'end', count: 0 },
  'a dropped link': DROPPED,
  'a dropped domain': { ...DROPPED, slug: undefined },
}
for (const [what, record] of Object.entries(WHOLE)) {
  t.test(`${what} is read as it was written`, async (t) => {
    const entry = parseSnapshotEntry(JSON.parse(JSON.stringify(record)))
    t.not(entry, undefined)
    if (entry !== undefined) {
      t.same(
        JSON.parse(JSON.stringify(snapshotRecordOf(entry))),
        JSON.parse(JSON.stringify(record)),
      )
    }
  })
}

const DAMAGED: readonly (readonly [record: object, damage: Readonly<Record<string, unknown>>])[] = [
  [HEAD, { lineage: 1 }],
  [HEAD, { written_at: -1 }],
  [HEAD, { kind: 'feet' }],
  [{ kind: 'end' }, { count: '1' }],
  [{ kind: 'end' }, { count: 0.5 }],
  [DROPPED, { hostname: 'LINKS.example.com' }],
  [DROPPED, { hostname: undefined }],
  [DROPPED, { slug: 'a/b' }],
  [DROPPED, { slug: 1 }],
  [DOMAIN, { id: '' }],
  [DOMAIN, { workspace_id: 7 }],
  [DOMAIN, { hostname: 'links.example.com.' }],
  [DOMAIN, { hostname: 'localhost' }],
  [DOMAIN, { status: 'open' }],
  [DOMAIN, { status: 1 }],
  [DOMAIN, { root_url: 'javascript:alert(1)' }],
  [DOMAIN, { root_url: null }],
  [DOMAIN, { not_found_url: 'https://user@example.com/' }],
  [DOMAIN, { redirects_to: 'WWW.example.com' }],
  [DOMAIN, { redirects_to: 7 }],
  [DOMAIN, { honours_privacy_signals: 1 }],
  [DOMAIN, { version: 1.5 }],
  [DOMAIN, { sequence: -1 }],
  [DOMAIN, { confirmed_at: undefined }],
  [LINK, { id: undefined }],
  [LINK, { domain_id: '' }],
  [LINK, { hostname: '127.0.0.1' }],
  [LINK, { slug: '.well-known' }],
  [LINK, { slug: 'scho\u0308n' }],
  [LINK, { destination: 'https://example.com' }],
  [LINK, { destination: 'ftp://example.com/' }],
  [LINK, { destination: 1 }],
  [LINK, { redirect_status: 200 }],
  [LINK, { redirect_status: '302' }],
  [LINK, { expires_at: null }],
  [LINK, { is_disabled: 'false' }],
  [LINK, { version: '1' }],
  [LINK, { sequence: 2 ** 53 }],
  [LINK, { confirmed_at: -1 }],
]
for (const [record, damage] of DAMAGED) {
  t.test(`${JSON.stringify(damage)} makes an entry unusable`, async (t) => {
    t.equal(parseSnapshotEntry({ ...record, ...damage }), undefined)
  })
}

t.test('what is no record is no entry', async (t) => {
  for (const value of [null, undefined, 'text', 7, []])
    t.equal(parseSnapshotEntry(value), undefined)
})
