/** A way to spell the path of an ACME challenge as a slug. */
export type Encoding = {
  readonly name: string
  readonly slug: (token: string) => string
}

const plain = (token: string): string => `.well-known/acme-challenge/${token}`
const encodedOctet = (letter: string): string =>
  `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
const encodedWhole = (text: string): string => Array.from(text, encodedOctet).join('')
const fullWidth = (text: string): string =>
  text.replaceAll(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))

/**
 * Spellings by which a reader that is careless in one way or another may find a
 * slug when the path of a challenge is asked for.
 */
export const ENCODINGS: readonly Encoding[] = [
  { name: 'plain', slug: plain },
  { name: 'leading slash', slug: (token) => `/${plain(token)}` },
  { name: 'two leading slashes', slug: (token) => `//${plain(token)}` },
  { name: 'dot segment before', slug: (token) => `./${plain(token)}` },
  { name: 'parent segment before', slug: (token) => `x/../${plain(token)}` },
  { name: 'dot segment inside', slug: (token) => `.well-known/./acme-challenge/${token}` },
  { name: 'slashes doubled', slug: (token) => `.well-known//acme-challenge//${token}` },
  { name: 'trailing slash', slug: (token) => `${plain(token)}/` },
  { name: 'query', slug: (token) => `${plain(token)}?x=1` },
  { name: 'fragment', slug: (token) => `${plain(token)}#x` },
  { name: 'path parameter', slug: (token) => `.well-known;x=1/acme-challenge/${token}` },
  { name: 'dot encoded', slug: (token) => `%2ewell-known/acme-challenge/${token}` },
  { name: 'slashes encoded', slug: (token) => `.well-known%2facme-challenge%2F${token}` },
  { name: 'one letter encoded', slug: (token) => `.%77ell-known/acme-challenge/${token}` },
  { name: 'hyphens encoded', slug: (token) => `.well%2Dknown%2facme%2dchallenge%2f${token}` },
  { name: 'every octet encoded', slug: (token) => encodedWhole(plain(token)) },
  { name: 'encoded twice', slug: (token) => `%252ewell-known%252facme-challenge%252f${token}` },
  { name: 'all encoded twice', slug: (token) => encodedWhole(plain(token)).replaceAll('%', '%25') },
  { name: 'encoded as %u', slug: (token) => `%u002ewell-known%u002facme-challenge%u002f${token}` },
  { name: 'overlong UTF-8', slug: (token) => `%c0%aewell-known%c0%afacme-challenge%c0%af${token}` },
  { name: 'upper case', slug: (token) => `.WELL-KNOWN/ACME-CHALLENGE/${token}` },
  { name: 'backslashes', slug: (token) => `.well-known\\acme-challenge\\${token}` },
  { name: 'backslashes encoded', slug: (token) => `.well-known%5cacme-challenge%5C${token}` },
  { name: 'full-width dot', slug: (token) => `\uff0ewell-known/acme-challenge/${token}` },
  { name: 'full-width solidus', slug: (token) => `.well-known\uff0facme-challenge\uff0f${token}` },
  { name: 'full-width everything', slug: (token) => fullWidth(plain(token)) },
  { name: 'one dot leader', slug: (token) => `\u2024well-known/acme-challenge/${token}` },
  { name: 'division slash', slug: (token) => `.well-known\u2215acme-challenge\u2215${token}` },
  { name: 'other hyphens', slug: (token) => `.well\u2011known/acme\ufe63challenge/${token}` },
  { name: 'zero-width space', slug: (token) => `.well\u200b-known/acme-challenge/${token}` },
  { name: 'soft hyphen', slug: (token) => `.well-\u00adknown/acme-challenge/${token}` },
  { name: 'white space around', slug: (token) => ` ${plain(token)}\t` },
  { name: 'null octet', slug: (token) => `${plain(token)}%00` },
  { name: 'first segment only', slug: () => '.well-known' },
  { name: 'token only', slug: (token) => token },
  { name: 'wildcard', slug: () => '*' },
]
