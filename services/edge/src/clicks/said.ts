/**
 * What a redirected request says of itself, as far as it is counted.
 *
 * One object may be filled anew for every request: nobody keeps it, and the
 * texts in it are kept in bounded caches only.
 */
export type Said = {
  readonly method: string
  readonly userAgent: string | undefined
  readonly referer: string | undefined
  readonly dnt: string | undefined
  readonly secGpc: string | undefined
  /** The first of `Sec-Purpose`, `Purpose`, `X-Moz` that is there. */
  readonly purpose: string | undefined
  /** All of `X-Forwarded-For`, joined by commas; only read when there is a GeoIP file. */
  readonly forwardedFor: string | undefined
  /** The header that `EDGE_COUNTRY_HEADER` names. */
  readonly country: string | undefined
  /** The address of the connection's other end; only called where it decides the country. */
  peerAddress(): string | undefined
}
