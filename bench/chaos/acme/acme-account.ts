import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { request } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'

/** An HTTP-01 challenge that waits to be answered. */
export type Challenge = {
  /** The last segment of the path under which the answer is looked for. */
  readonly token: string
  /** The body that proves control. */
  readonly keyAuthorization: string
  readonly url: string
  readonly authorizationUrl: string
}

/** How an authorization ended. */
export type Verdict = {
  readonly status: 'valid' | 'invalid'
  /** What the authority says was wrong. */
  readonly detail: string
}

/** An authority, and the certificate that its own endpoint is trusted by. */
export type Authority = { readonly directoryUrl: string; readonly caPem: string }

const CALL_MS_MAX = 10_000
const VERDICT_MS_MAX = 30_000
const POLL_MS = 50

/**
 * An account at an ACME server, with as much of the protocol as it takes to be
 * authorized for a name.
 *
 * @see RFC 8555 sections 6.2 (signed requests), 7 (resources) and 8.3 (HTTP-01)
 */
export class AcmeAccount {
  readonly #caPem: string
  readonly #key: KeyObject
  readonly #jwk: Readonly<Record<string, string>>
  readonly #thumbprint: string
  readonly #newOrderUrl: string
  #nonce = ''
  #accountUrl: string | undefined

  /** Makes a key and registers it. */
  static async register({ directoryUrl, caPem }: Authority): Promise<AcmeAccount> {
    const directory = await call({ method: 'GET', url: directoryUrl, caPem })
    const account = new AcmeAccount(caPem, text(directory.body, 'newOrder'))
    const nonceUrl = text(directory.body, 'newNonce')
    account.#nonce = (await call({ method: 'HEAD', url: nonceUrl, caPem })).nonce
    const made = await account.#post(text(directory.body, 'newAccount'), {
      termsOfServiceAgreed: true,
    })
    account.#accountUrl = made.location
    return account
  }

  private constructor(caPem: string, newOrderUrl: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { crv = '', kty = '', x = '', y = '' } = publicKey.export({ format: 'jwk' })
    this.#caPem = caPem
    this.#newOrderUrl = newOrderUrl
    this.#key = privateKey
    // Why in this order: it is the one that the thumbprint is made of, RFC 7638 section 3.
    this.#jwk = { crv, kty, x, y }
    this.#thumbprint = createHash('sha256').update(JSON.stringify(this.#jwk)).digest('base64url')
  }

  /** Orders a certificate for a name and gives the challenge to answer by HTTP. */
  async order(hostname: string): Promise<Challenge> {
    const identifiers = [{ type: 'dns', value: hostname }]
    const order = await this.#post(this.#newOrderUrl, { identifiers })
    const [authorizationUrl] = list(order.body, 'authorizations')
    if (typeof authorizationUrl !== 'string') throw new Error('The order has no authorization.')
    const authorization = await this.#post(authorizationUrl, undefined)
    const http = list(authorization.body, 'challenges').find(
      (challenge) => text(challenge, 'type') === 'http-01',
    )
    const token = text(http, 'token')
    return {
      token,
      keyAuthorization: `${token}.${this.#thumbprint}`,
      url: text(http, 'url'),
      authorizationUrl,
    }
  }

  /** Lets the authority look for the answer; settles when it has found or refused it. */
  async validate({ url, authorizationUrl }: Challenge): Promise<Verdict> {
    await this.#post(url, {})
    const deadlineMs = performance.now() + VERDICT_MS_MAX
    while (performance.now() < deadlineMs) {
      const { body } = await this.#post(authorizationUrl, undefined)
      const status = text(body, 'status')
      if (status === 'valid' || status === 'invalid') return { status, detail: detailOf(body) }
      await delay(POLL_MS)
    }
    throw new Error('The authority has not decided in time.')
  }

  /** Sends a signed request; without a payload it only reads. */
  async #post(url: string, payload: object | undefined): Promise<Answer> {
    const who = this.#accountUrl === undefined ? { jwk: this.#jwk } : { kid: this.#accountUrl }
    const head = base64Url({ alg: 'ES256', nonce: this.#nonce, url, ...who })
    const body = payload === undefined ? '' : base64Url(payload)
    const key = { key: this.#key, dsaEncoding: 'ieee-p1363' } as const
    const signature = sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url')
    const signed = JSON.stringify({ protected: head, payload: body, signature })
    const answer = await call({ method: 'POST', url, caPem: this.#caPem, body: signed })
    this.#nonce = answer.nonce
    if (answer.status < 300) return answer
    throw new Error(`${url} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  }
}

type Call = {
  readonly method: string
  readonly url: string
  readonly caPem: string
  readonly body?: string
}

type Answer = {
  readonly status: number
  readonly nonce: string
  readonly location: string
  readonly body: unknown
}

function call({ method, url, caPem, body }: Call): Promise<Answer> {
  const headers = {
    'user-agent': 'fingerpost-chaos',
    ...(body !== undefined && { 'content-type': 'application/jose+json' }),
  }
  const signal = AbortSignal.timeout(CALL_MS_MAX)
  return new Promise((resolve, reject) => {
    const options = { method, ca: caPem, headers, agent: false, signal } as const
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const content = Buffer.concat(chunks).toString('utf8')
        resolve({
          status: response.statusCode ?? 0,
          nonce: String(response.headers['replay-nonce'] ?? ''),
          location: response.headers.location ?? '',
          body: content === '' ? undefined : JSON.parse(content),
        })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function detailOf(authorization: unknown): string {
  for (const challenge of list(authorization, 'challenges')) {
    const error = field(challenge, 'error')
    if (error !== undefined) return String(field(error, 'detail'))
  }
  return ''
}

function base64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function text(value: unknown, key: string): string {
  const found = field(value, key)
  if (typeof found === 'string') return found
  throw new Error(`The ACME server gave no "${key}".`)
}

function list(value: unknown, key: string): readonly unknown[] {
  const found = field(value, key)
  return Array.isArray(found) ? found : []
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([name]) => name === key)?.[1]
}
