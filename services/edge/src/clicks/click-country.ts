import { readFile } from 'node:fs/promises'
import { StartError } from '@fingerpost/chassis/start-error'
import { Reader, type CountryResponse } from 'mmdb-lib'
import { countryOf } from '../rules/click-dimensions.ts'
import { clientAddress, plainAddress } from '../rules/forwarded.ts'
import type { TrustedProxies } from '../trusted-proxies.ts'
import type { Said } from './said.ts'

/** Gives the country of an address, upper case; empty when not known. */
export type GeoIp = (address: string) => string

/**
 * Reads a GeoIP file (MMDB) into memory: one with the country of each address,
 * such as GeoLite2-Country or DB-IP Country Lite.
 *
 * @throws {StartError} when it cannot be read or is no such file
 */
export async function openGeoIp(path: string): Promise<GeoIp> {
  let reader: Reader<CountryResponse>
  try {
    reader = new Reader<CountryResponse>(await readFile(path), { cache: new RecordCache() })
    reader.get('192.0.2.1')
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new StartError(`EDGE_GEOIP_FILE is "${path}", which is no GeoIP file: ${detail}`)
  }
  const isForV4Only = reader.metadata.ipVersion === 4
  return (address) => {
    if (isForV4Only && address.includes(':')) return ''
    try {
      return countryOf(reader.get(address)?.country?.iso_code)
    } catch {
      // Why: a damaged record says nothing of the country, and must not keep a visitor waiting.
      return ''
    }
  }
}

/**
 * Makes what tells the country of a click: the header of a trusted proxy first,
 * then the GeoIP file. Undefined when neither is set. No address is kept but
 * those of trusted proxies.
 */
export function countrySource(
  options: { readonly readsHeader: boolean; readonly geoIp: GeoIp | undefined },
  proxies: TrustedProxies,
): ((said: Said) => string) | undefined {
  const { readsHeader, geoIp } = options
  if (!readsHeader && geoIp === undefined) return undefined
  const trustedPeers = new Set<string>()
  const isTrusted = (peer: string): boolean => {
    if (trustedPeers.has(peer)) return true
    if (proxies.trustOf(plainAddress(peer)) !== 'trusted') return false
    if (trustedPeers.size < TRUSTED_PEERS_MAX) trustedPeers.add(peer)
    return true
  }
  const trustOf = (address: string) => proxies.trustOf(address)

  return (said) => {
    const peer = said.peerAddress()
    if (peer === undefined) return ''
    if (readsHeader && said.country !== undefined && isTrusted(peer)) {
      const country = countryOf(said.country)
      if (country !== '') return country
    }
    if (geoIp === undefined) return ''
    const client = clientAddress(peer, said.forwardedFor, trustOf)
    return client === undefined ? '' : geoIp(client)
  }
}

const TRUSTED_PEERS_MAX = 1_000
const RECORDS_MAX = 10_000

/** Keeps decoded records by where they stand in the file, never by address. */
class RecordCache {
  readonly #records = new Map<string | number, unknown>()

  get(key: string | number): unknown {
    return this.#records.get(key)
  }

  set(key: string | number, value: unknown): void {
    if (this.#records.size >= RECORDS_MAX) this.#records.clear()
    this.#records.set(key, value)
  }
}
