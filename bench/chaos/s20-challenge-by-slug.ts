import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathOfSlug, ROOT_SLUG, parseSlug } from '@fingerpost/model/slug'
import { eventually } from '../../test/support/eventually.ts'
import { httpGet, httpsGet } from '../../test/support/tls-client.ts'
import { startInstallation, type Installation } from '../../test/story/installation.ts'
import { visit } from '../../test/story/story.ts'
import { AcmeAccount, type Authority, type Challenge, type Verdict } from './acme/acme-account.ts'
import { startAnsweringServer, type AnsweringServer } from './acme/answering-server.ts'
import { Attacker } from './acme/attacker.ts'
import { ENCODINGS, type Encoding } from './acme/encodings.ts'
import { caddyOfInstallations, givenLiveDomain } from './harness/live-installation.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

const TARGET = 'go.bank.test'
const ALTERNATE = 'pay.bank.test'
const FRONT = 'front.attacker.test'
const ATTACKER = 'www.attacker.test'
const OPEN_REDIRECT = 'open.attacker.test'
/** Other addresses than the one of Caddy, which has the same port. */
const ATTACKER_ADDRESS = '127.0.0.2'
const OPEN_REDIRECT_ADDRESS = '127.0.0.3'
const SERVED_MS_MAX = 10_000
const ANSWER_MS_MAX = 10_000
/** What a domain and a domain group can be set to, beside slugs. */
const SETTINGS = 4
const ATTACKS = ENCODINGS.length + SETTINGS

/** S20: whoever may make links tries to get a certificate for the hostname they are on. */
export const S20: Row = {
  name: 'S20',
  title: `an ACME challenge is answered by a link, in ${ATTACKS} ways`,
  goal: '0 authorizations become valid, and no challenge leads to the attacker',
  run,
}

async function run({ directory, say }: RowContext): Promise<Finding> {
  const caddy = await caddyOfInstallations()
  if (caddy.kind === 'skipped') return caddy
  await using installation = await startInstallation({ caddy, directory })
  const { dns, pebble, ports } = installation
  await dns.setA(ATTACKER, [ATTACKER_ADDRESS])
  await dns.setA(OPEN_REDIRECT, [OPEN_REDIRECT_ADDRESS])
  await using server = await startAnsweringServer(ATTACKER_ADDRESS, ports.http)
  await using redirecting = await startAnsweringServer(OPEN_REDIRECT_ADDRESS, ports.http)
  redirecting.answer = { location: ownUrl(ports.http) }
  const authority = {
    directoryUrl: pebble.directoryUrl,
    caPem: await readFile(pebble.trustedRootsFile, 'utf8'),
  }
  const controls = {
    own_name: (await prove(authority, server, ATTACKER)).status,
    name_that_redirects: (await prove(authority, server, OPEN_REDIRECT)).status,
  }
  say(`without us in between: ${JSON.stringify(controls)}`)

  const dataDir = join(directory, 'data')
  const trial = await Trial.prepare(installation, { authority, server, dataDir })
  await trial.settings()
  for (const encoding of ENCODINGS) await trial.slug(encoding)
  await trial.group()
  const { attempts } = trial
  const valid = attempts.filter(({ verdict }) => verdict.status === 'valid')
  const led = attempts.filter(({ ledAway, reached }) => ledAway || reached)
  const controlsHold = Object.values(controls).every((status) => status === 'valid')
  return {
    kind: 'measured',
    figure: valid.length,
    unit: `valid authorizations of ${attempts.length}`,
    pass: controlsHold && attempts.length === ATTACKS && valid.length === 0 && led.length === 0,
    facts: {
      caddy: caddy.version,
      controls,
      valid: valid.map(({ name }) => name),
      led_to_the_attacker: led.map(({ name }) => name),
      slugs_refused: attempts.filter(({ planted }) => planted === 'refused').length,
      links_that_redirect: attempts.filter(({ planted }) => planted === 'serving').length,
      authority_says: counted(attempts.map(({ verdict }) => sentenceOf(verdict))),
    },
  }
}

type Attempt = {
  readonly name: string
  /** Whether the API took what the attacker wanted; if so, visitors are redirected by it. */
  readonly planted: 'serving' | 'refused'
  readonly verdict: Verdict
  /** Whether a request for the challenge was redirected, by HTTP or by HTTPS. */
  readonly ledAway: boolean
  /** Whether the authority came to the attacker's server. */
  readonly reached: boolean
}

type TrialParts = {
  readonly authority: Authority
  readonly server: AnsweringServer
  readonly dataDir: string
}

type DomainIds = {
  readonly target: string
  readonly alternate: string
  readonly front: string
}

type Attack = {
  readonly name: string
  readonly hostname: string
  /** Makes the links and settings for a token. */
  readonly plant: (token: string) => Promise<Attempt['planted']>
}

/** One attack after the other; links that were made for one stay for those after it. */
class Trial {
  readonly attempts: Attempt[] = []
  readonly #installation: Installation
  readonly #parts: TrialParts
  readonly #attacker: Attacker
  readonly #ids: DomainIds

  static async prepare(installation: Installation, parts: TrialParts): Promise<Trial> {
    const workspaceId = await installation.api.createWorkspace('Bank')
    const idOf = async (hostname: string): Promise<string> =>
      (await givenLiveDomain(installation, workspaceId, hostname)).id
    const ids = {
      target: await idOf(TARGET),
      alternate: await idOf(ALTERNATE),
      front: await idOf(FRONT),
    }
    const attacker = await Attacker.in(workspaceId, installation, parts.dataDir)
    return new Trial(installation, parts, { attacker, ids })
  }

  private constructor(
    installation: Installation,
    parts: TrialParts,
    made: { readonly attacker: Attacker; readonly ids: DomainIds },
  ) {
    this.#installation = installation
    this.#parts = parts
    this.#attacker = made.attacker
    this.#ids = made.ids
  }

  /** Redirects of the root and of what is not found. */
  async settings(): Promise<void> {
    const set = (name: string, setting: string, path: string, url: string): Promise<void> =>
      this.#attack({
        name,
        hostname: TARGET,
        plant: async () => {
          await this.#attacker.changeDomain(this.#ids.target, { [setting]: url })
          return this.#untilRedirected(TARGET, path, url)
        },
      })
    const own = ownUrl(this.#installation.ports.http)
    await set('root URL', 'root_redirect_url', pathOfSlug(ROOT_SLUG), own)
    await set('not-found URL', 'not_found_redirect_url', '/nothing-is-here', own)
    const below = `${own}/.well-known/acme-challenge/`
    await set('not-found URL with the path', 'not_found_redirect_url', '/nor-here', below)
    // Why cleared: what a slug does must not be hidden by what these did.
    const cleared = { root_redirect_url: null, not_found_redirect_url: null }
    await this.#attacker.changeDomain(this.#ids.target, cleared)
    await eventually(
      'nothing is redirected but links',
      async () => {
        const seen = await visit(this.#installation, TARGET, '/nothing-again')
        return seen.kind === 'answered' && seen.status === 404
      },
      { withinMs: SERVED_MS_MAX },
    )
  }

  /** A link whose slug spells the path of the challenge. */
  async slug({ name, slug }: Encoding): Promise<void> {
    await this.#attack({
      name,
      hostname: TARGET,
      plant: async (token) => {
        const url = `${ownUrl(this.#installation.ports.http)}/${this.attempts.length}`
        const made = await this.#attacker.makeLink(this.#ids.target, slug(token), url)
        if (made === undefined) return 'refused'
        const parsed = parseSlug(made)
        if (!parsed.ok) throw new Error(parsed.message)
        return this.#untilRedirected(TARGET, pathOfSlug(parsed.slug), url)
      },
    })
  }

  /** A domain that redirects every path to one whose DNS leads to the attacker. */
  async group(): Promise<void> {
    await this.#attack({
      name: 'domain group',
      hostname: ALTERNATE,
      plant: async () => {
        await this.#attacker.redirectTo(this.#ids.front, this.#ids.alternate)
        const planted = await this.#untilRedirected(ALTERNATE, '/any', `https://${FRONT}/any`)
        await this.#installation.dns.clearCname(FRONT)
        await this.#installation.dns.setA(FRONT, [ATTACKER_ADDRESS])
        return planted
      },
    })
  }

  async #attack({ name, hostname, plant }: Attack): Promise<void> {
    const { authority, server } = this.#parts
    // Why a new one each time: an authority may take an older authorization of an account again.
    const account = await AcmeAccount.register(authority)
    const challenge = await account.order(hostname)
    const planted = await plant(challenge.token)
    const ledAway = await this.#isLedAway(hostname, challenge)
    const requestsBefore = server.requests
    const verdict = await validate(account, server, challenge)
    const reached = server.requests > requestsBefore
    this.attempts.push({ name, planted, verdict, ledAway, reached })
  }

  async #isLedAway(hostname: string, { token }: Challenge): Promise<boolean> {
    const { ports, pebble } = this.#installation
    const path = `/.well-known/acme-challenge/${token}`
    const common = { host: hostname, path, timeoutMs: ANSWER_MS_MAX }
    const plain = await httpGet({ ...common, port: ports.http })
    const secure = await httpsGet({
      ...common,
      port: ports.https,
      caPem: pebble.issuingRootPem,
    })
    if (plain.kind !== 'answered' || secure.kind !== 'answered') {
      throw new Error(`${hostname} did not answer: ${JSON.stringify({ plain, secure })}`)
    }
    return [plain, secure].some(({ status }) => status < 400)
  }

  async #untilRedirected(hostname: string, path: string, url: string): Promise<'serving'> {
    await eventually(
      `${hostname}${path} leads to ${url}`,
      async () => {
        const seen = await visit(this.#installation, hostname, path)
        return seen.kind === 'answered' && seen.headers.location === url
      },
      { withinMs: SERVED_MS_MAX },
    )
    return 'serving'
  }
}

/** Orders a certificate for a name and lets the authority look. */
async function prove(
  authority: Authority,
  server: AnsweringServer,
  hostname: string,
): Promise<Verdict> {
  const account = await AcmeAccount.register(authority)
  return validate(account, server, await account.order(hostname))
}

function validate(
  account: AcmeAccount,
  server: AnsweringServer,
  challenge: Challenge,
): Promise<Verdict> {
  server.answer = { body: challenge.keyAuthorization }
  return account.validate(challenge)
}

function ownUrl(port: number): string {
  return `http://${ATTACKER}:${port}/own`
}

// Without what differs each time, so that equal ones can be counted.
function sentenceOf({ status, detail }: Verdict): string {
  return `${status} ${detail}`.replaceAll(/https?:\/\/\S+/g, '<url>').trim()
}

function counted(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
