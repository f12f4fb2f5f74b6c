import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { geoIpFile } from '../../test/support/geoip-file.ts'
import { TrustedProxies } from '../trusted-proxies.ts'
import { countrySource, openGeoIp } from './click-country.ts'
import type { Said } from './said.ts'

const PROXIES = new TrustedProxies([{ address: '10.0.0.0', prefixBits: 8 }])
const geoIp = (address: string) =>
  ({ '192.0.2.1': 'DE', '10.0.0.1': 'US', '198.51.100.1': 'FR' })[address] ?? ''

function said(peer: string | undefined, country?: string, forwardedFor?: string): Said {
  return {
    method: 'GET',
    userAgent: undefined,
    referer: undefined,
    dnt: undefined,
    secGpc: undefined,
    purpose: undefined,
    forwardedFor,
    country,
    peerAddress: () => peer,
  }
}

t.test('without a header and a file no country is counted', async (t) => {
  t.equal(countrySource({ readsHeader: false, geoIp: undefined }, PROXIES), undefined)
})

t.test('only the header of a trusted proxy is believed', async (t) => {
  const countryOf = countrySource({ readsHeader: true, geoIp: undefined }, PROXIES)
  for (let twice = 0; twice < 2; twice += 1) {
    t.equal(countryOf?.(said('10.0.0.1', 'nl')), 'NL')
    t.equal(countryOf?.(said('::ffff:10.0.0.1', 'NL')), 'NL')
    t.equal(countryOf?.(said('192.0.2.1', 'NL')), '')
    t.equal(countryOf?.(said('10.0.0.1', 'Holland')), '')
    t.equal(countryOf?.(said('10.0.0.1')), '')
    t.equal(countryOf?.(said(undefined, 'NL')), '')
  }
})

t.test('the file counts where no header does', async (t) => {
  const both = countrySource({ readsHeader: true, geoIp }, PROXIES)
  t.equal(both?.(said('10.0.0.1', 'NL', '192.0.2.1')), 'NL')
  t.equal(both?.(said('10.0.0.1', 'XX', '192.0.2.1')), 'DE')
  t.equal(both?.(said('192.0.2.1', 'NL', '198.51.100.1')), 'DE')
  t.equal(both?.(said('10.0.0.1', undefined, 'nobody')), '')
  const file = countrySource({ readsHeader: false, geoIp }, PROXIES)
  t.equal(file?.(said('10.0.0.1', 'NL', '198.51.100.1')), 'FR')
  t.equal(file?.(said('10.0.0.1', 'NL')), 'US')
})

t.test('a GeoIP file is read', async (t) => {
  const path = join(t.testdir(), 'country.mmdb')
  await writeFile(path, geoIpFile('SE'))
  const open = await openGeoIp(path)
  t.equal(open('192.0.2.1'), 'SE')
  t.equal(open('2001:db8::1'), 'SE')
  t.equal(open('ffff::1'), '')
  await writeFile(path, geoIpFile('xx'))
  t.equal((await openGeoIp(path))('192.0.2.1'), '')
})

t.test('a file that is none keeps the edge from starting', async (t) => {
  const path = join(t.testdir({ 'country.mmdb': 'none' }), 'country.mmdb')
  await t.rejects(openGeoIp(path), { name: 'StartError', message: /EDGE_GEOIP_FILE is ".*"/ })
  await t.rejects(openGeoIp(`${path}x`), { message: /ENOENT/ })
})
