import { isAtOrUnder } from '@fingerpost/model/hostname'
import { isInRange, parseIp, parseIpRange } from './ip-address.ts'

/** Somebody else's service that a hostname leads to. */
export type Provider = {
  /** As it stands in a sentence: `CloudFront distribution`. */
  readonly name: string
  /** Names at or under which its customers' CNAMEs lead. */
  readonly suffixes: readonly string[]
  /** Addresses that it publishes as its own and keeps. */
  readonly ranges: readonly string[]
  /** What has to be done there besides, as a sentence; unset: nothing special. */
  readonly advice?: string
}

/** Proxies in front of a hostname hide where it leads. @see https://www.cloudflare.com/ips/ */
const CLOUDFLARE: Provider = {
  name: 'Cloudflare proxy',
  suffixes: ['cdn.cloudflare.net'],
  ranges: [
    '173.245.48.0/20',
    '103.21.244.0/22',
    '103.22.200.0/22',
    '103.31.4.0/22',
    '141.101.64.0/18',
    '108.162.192.0/18',
    '190.93.240.0/20',
    '188.114.96.0/20',
    '197.234.240.0/22',
    '198.41.128.0/17',
    '162.158.0.0/15',
    '104.16.0.0/13',
    '104.24.0.0/14',
    '172.64.0.0/13',
    '131.0.72.0/22',
    '2400:cb00::/32',
    '2606:4700::/32',
    '2803:f800::/32',
    '2405:b500::/32',
    '2405:8100::/32',
    '2a06:98c0::/29',
    '2c0f:f248::/32',
  ],
  advice: 'The record is proxied: switch it to "DNS only" in Cloudflare.',
}

/**
 * The services whose names or addresses are recognised. Addresses only where
 * the provider publishes them for its customers' apex records or as its ranges.
 */
export const PROVIDERS: readonly Provider[] = [
  CLOUDFLARE,
  { name: 'CloudFront distribution', suffixes: ['cloudfront.net'], ranges: [] },
  {
    name: 'Vercel project',
    suffixes: ['vercel-dns.com', 'vercel.app', 'now.sh'],
    ranges: ['76.76.21.0/24', '216.198.79.0/24', '64.29.17.0/24'],
  },
  {
    name: 'Netlify site',
    suffixes: ['netlify.app', 'netlify.com', 'netlifyglobalcdn.com'],
    ranges: ['75.2.60.5/32', '99.83.231.61/32'],
  },
  {
    name: 'GitHub Pages site',
    suffixes: ['github.io'],
    ranges: ['185.199.108.0/22', '2606:50c0:8000::/46'],
  },
  { name: 'Shopify shop', suffixes: ['myshopify.com'], ranges: ['23.227.38.0/24'] },
  { name: 'Heroku app', suffixes: ['herokudns.com', 'herokuapp.com'], ranges: [] },
  {
    name: 'Fastly service',
    suffixes: ['fastly.net', 'fastlylb.net', 'freetls.fastly.net'],
    ranges: ['151.101.0.0/16', '199.232.0.0/16', '2a04:4e40::/32'],
  },
  { name: 'Azure Front Door', suffixes: ['azurefd.net'], ranges: [] },
  { name: 'Azure CDN endpoint', suffixes: ['azureedge.net'], ranges: [] },
  { name: 'Azure App Service', suffixes: ['azurewebsites.net'], ranges: [] },
  { name: 'Azure Traffic Manager', suffixes: ['trafficmanager.net'], ranges: [] },
  {
    name: 'Squarespace site',
    suffixes: ['squarespace.com'],
    ranges: ['198.185.159.144/31', '198.49.23.144/31'],
  },
  { name: 'Wix site', suffixes: ['wixdns.net', 'wixsite.com'], ranges: ['185.230.63.0/24'] },
  {
    name: 'Webflow site',
    suffixes: ['webflow.com', 'webflow.io'],
    ranges: ['75.2.70.75/32', '99.83.190.102/32'],
  },
  { name: 'AWS load balancer', suffixes: ['elb.amazonaws.com'], ranges: [] },
  { name: 'S3 bucket', suffixes: ['s3.amazonaws.com'], ranges: [] },
  { name: 'AWS service', suffixes: ['amazonaws.com', 'awsglobalaccelerator.com'], ranges: [] },
  {
    name: 'Google Sites page',
    suffixes: ['ghs.googlehosted.com', 'ghs.google.com'],
    ranges: [],
  },
  {
    name: 'Firebase site',
    suffixes: ['web.app', 'firebaseapp.com'],
    ranges: ['199.36.158.100/32'],
  },
  {
    name: 'Bitly',
    suffixes: ['cname.bitly.com', 'bit.ly'],
    ranges: ['67.199.248.12/31'],
  },
  { name: 'Rebrandly', suffixes: ['rebrandlydomain.com', 'rebrandly.com'], ranges: [] },
  { name: 'Short.io', suffixes: ['cname.short.io', 'short.io', 'shortcm.li'], ranges: [] },
]

const RANGES = PROVIDERS.map(({ ranges }) =>
  ranges.map(parseIpRange).filter((range) => range !== undefined),
)

/** A value that was found, with whose it is. */
export type Recognised = { readonly provider: Provider; readonly value: string }

/** Gives the first value that is a well-known provider's; undefined: none is. */
export function recogniseProvider(values: readonly string[]): Recognised | undefined {
  for (const value of values) {
    const address = parseIp(value)
    const provider = PROVIDERS.find(({ suffixes }, index) =>
      address === undefined
        ? suffixes.some((suffix) => isAtOrUnder(value, suffix))
        : RANGES[index]?.some((range) => isInRange(address, range)),
    )
    if (provider !== undefined) return { provider, value }
  }
  return undefined
}
