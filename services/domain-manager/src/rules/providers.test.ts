import t from 'tap'
import { parseIpRange } from './ip-address.ts'
import { PROVIDERS, recogniseProvider } from './providers.ts'

t.test('well-known providers are recognised by name and by address', async (t) => {
  const nameOf = (...values: string[]) => recogniseProvider(values)?.provider.name
  for (const [value, name] of [
    ['d1234.cloudfront.net', 'CloudFront distribution'],
    ['cname.vercel-dns.com', 'Vercel project'],
    ['76.76.21.21', 'Vercel project'],
    ['acme.netlify.app', 'Netlify site'],
    ['216.198.79.1', 'Vercel project'],
    ['64.29.17.65', 'Vercel project'],
    ['75.2.60.5', 'Netlify site'],
    ['99.83.231.61', 'Netlify site'],
    ['acme.github.io', 'GitHub Pages site'],
    ['185.199.108.153', 'GitHub Pages site'],
    ['2606:50c0:8003::153', 'GitHub Pages site'],
    ['shops.myshopify.com', 'Shopify shop'],
    ['tall-tree.herokudns.com', 'Heroku app'],
    ['acme.map.fastly.net', 'Fastly service'],
    ['acme.azurefd.net', 'Azure Front Door'],
    ['acme.azureedge.net', 'Azure CDN endpoint'],
    ['acme.azurewebsites.net', 'Azure App Service'],
    ['104.16.0.1', 'Cloudflare proxy'],
    ['104.27.255.255', 'Cloudflare proxy'],
    ['2606:4700::6810:1', 'Cloudflare proxy'],
    ['ext-cust.squarespace.com', 'Squarespace site'],
    ['198.185.159.145', 'Squarespace site'],
    ['pointing.wixdns.net', 'Wix site'],
    ['185.230.63.107', 'Wix site'],
    ['proxy-ssl.webflow.com', 'Webflow site'],
    ['99.83.190.102', 'Webflow site'],
    ['lb-1.eu-west-1.elb.amazonaws.com', 'AWS load balancer'],
    ['acme.s3.eu-west-1.amazonaws.com', 'AWS service'],
    ['acme.s3.amazonaws.com', 'S3 bucket'],
    ['ghs.googlehosted.com', 'Google Sites page'],
    ['acme.web.app', 'Firebase site'],
    ['cname.bitly.com', 'Bitly'],
    ['67.199.248.13', 'Bitly'],
    ['cname.rebrandly.com', 'Rebrandly'],
    ['cname.short.io', 'Short.io'],
  ] as const) {
    t.equal(nameOf(value), name, value)
  }
  t.equal(nameOf('192.0.2.1', 'acme.github.io'), 'GitHub Pages site')
})

t.test('what only looks like a provider is none', async (t) => {
  for (const value of [
    'cloudfront.net.acme.com',
    'notcloudfront.net',
    '104.28.0.0',
    '103.255.255.255',
    '67.199.248.14',
    '2606:4701::1',
    '',
  ]) {
    t.equal(recogniseProvider([value]), undefined, value)
  }
  t.equal(recogniseProvider([]), undefined)
})

t.test('every provider can be recognised, and every range is one', async (t) => {
  for (const { name, suffixes, ranges } of PROVIDERS) {
    t.ok(suffixes.length > 0, name)
    for (const range of ranges) t.ok(parseIpRange(range), range)
  }
})
