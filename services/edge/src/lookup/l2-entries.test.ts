import t from 'tap'
import type { LinkLookup, LinkTarget } from '@fingerpost/contract/core-api'
import { parseDestination } from '@fingerpost/model/destination'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { parseSlug } from '@fingerpost/model/slug'
import { L2Entries, L2_ENTRY_OCTETS_MAX } from './l2-entries.ts'

function target(text = 'spring', name = 'links.example.com'): LinkTarget {
  const hostname = canonicalHostname(name)
  const slug = parseSlug(text)
  if (hostname === undefined || !slug.ok) throw new Error(`${name}/${text}`)
  return { hostname, slug: slug.slug }
}

function lookup(of: LinkTarget, url = 'https://example.com/a?b="c"'): LinkLookup {
  const parsed = parseDestination(url)
  if (!parsed.ok) throw new Error(parsed.message)
  const { destination } = parsed
  return {
    sequence: 7,
    lineage: 'one',
    domain: {
      id: 'dom_1',
      workspaceId: 'ws_1',
      hostname: of.hostname,
      status: 'degraded',
      rootUrl: destination,
      notFoundUrl: undefined,
      redirectsTo: undefined,
      honoursPrivacySignals: true,
      version: 3,
    },
    link: {
      id: 'lnk_1',
      slug: of.slug,
      destination,
      redirectStatus: 301,
      expiresAt: 1_800_000_000_000,
      isDisabled: false,
      version: 4,
    },
  }
}

const ENTRIES = new L2Entries('the secret of this installation')
const TARGET = target()
const ENTRY = { lookup: lookup(TARGET), confirmedAt: 1_700_000_000_000 }
const TEXT = ENTRIES.write(TARGET, ENTRY) ?? ''

t.test('an entry reads as it was written', async (t) => {
  for (const one of [TARGET, target(''), target('später')]) {
    const entry = { lookup: lookup(one), confirmedAt: 5 }
    t.same(ENTRIES.read(one, ENTRIES.write(one, entry) ?? ''), entry)
  }
  const { link } = lookup(TARGET)
  if (link === undefined) throw new Error('The test is wrong.')
  const never = { ...ENTRY.lookup, link: { ...link, expiresAt: undefined } }
  const entry = { lookup: never, confirmedAt: 5 }
  t.same(ENTRIES.read(TARGET, ENTRIES.write(TARGET, entry) ?? ''), entry)
})

t.test('what does not exist is not written, nor what is too long', async (t) => {
  const { domain } = ENTRY.lookup
  const none = { sequence: 7, lineage: 'one', domain: undefined, link: undefined }
  t.equal(ENTRIES.write(TARGET, { lookup: none, confirmedAt: 5 }), undefined)
  t.equal(ENTRIES.write(TARGET, { lookup: { ...none, domain }, confirmedAt: 5 }), undefined)
  const long = { ...ENTRY.lookup, lineage: 'x'.repeat(L2_ENTRY_OCTETS_MAX) }
  t.equal(ENTRIES.write(TARGET, { lookup: long, confirmedAt: 5 }), undefined)
})

t.test('an entry holds the longest URLs that there may be', async (t) => {
  const url = `https://example.com/${'x'.repeat(8_172)}`
  const full = lookup(TARGET, url)
  const domain = full.domain && { ...full.domain, notFoundUrl: full.domain.rootUrl }
  t.type(ENTRIES.write(TARGET, { lookup: { ...full, domain }, confirmedAt: 5 }), 'string')
})

const content = TEXT.slice(23)
const OTHER_KEY = new L2Entries('the secret of another installation')
const BAD: readonly (readonly [name: string, text: string])[] = [
  ['nothing', ''],
  ['something else', 'OK'],
  ['random octets', '\u0000\ufffd\ufffd1'],
  ['a version of the future', `3${TEXT.slice(1)}`],
  ['no content', TEXT.slice(0, 23)],
  ['the content alone', content],
  ['the content without a code', `1${'A'.repeat(22)}${content}`],
  ['a code cut short', `1${TEXT.slice(2, 23)}${content}`],
  ['another destination', TEXT.replace('example.com', 'evil.example')],
  ['another sequence', TEXT.replace('"one",7', '"one",8')],
  ['one octet more', `${TEXT} `],
  ['one octet less', TEXT.slice(0, -1)],
  ['what another installation wrote', OTHER_KEY.write(TARGET, ENTRY) ?? ''],
  ['what we wrote for another slug', ENTRIES.write(target('x'), ENTRY) ?? ''],
  ['what we wrote for another hostname', ENTRIES.write(target('spring', 'a.example'), ENTRY) ?? ''],
  ['more than an entry can be', TEXT + ' '.repeat(L2_ENTRY_OCTETS_MAX)],
]
for (const [name, text] of BAD) {
  t.test(`${name} is not read`, async (t) => {
    t.equal(ENTRIES.read(TARGET, text), undefined)
  })
}

t.test('our own code does not make a value good that is none', async (t) => {
  const { domain, link } = ENTRY.lookup
  const wrong: readonly object[] = [
    { link: { ...link, destination: 'javascript:alert(1)' } },
    { link: { ...link, destination: 'https://user:secret@example.com/' } },
    { link: { ...link, destination: 7 } },
    { link: { ...link, redirectStatus: 200 } },
    { link: { ...link, redirectStatus: '302' } },
    { link: { ...link, expiresAt: -1 } },
    { link: { ...link, isDisabled: 0 } },
    { link: { ...link, version: 1.5 } },
    { link: { ...link, id: 1 } },
    { domain: { ...domain, status: 'unknown' } },
    { domain: { ...domain, status: 'toString' } },
    { domain: { ...domain, rootUrl: 'ftp://example.com/' } },
    { domain: { ...domain, notFoundUrl: 1 } },
    { domain: { ...domain, honoursPrivacySignals: 'yes' } },
    { domain: { ...domain, workspaceId: 1 } },
    { sequence: -1 },
    { lineage: 1 },
  ]
  for (const change of wrong) {
    const entry = { ...ENTRY, lookup: Object.assign({ ...ENTRY.lookup }, change) }
    const text = ENTRIES.write(TARGET, entry)
    t.type(text, 'string')
    t.equal(ENTRIES.read(TARGET, text ?? ''), undefined, JSON.stringify(change))
  }
})
