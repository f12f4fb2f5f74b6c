import { freePorts } from './free-port.ts'
import { startProgram } from './program.ts'

/** One CAA record as pebble-challtestsrv can give it: the critical flag is always 0. */
export type ScriptedCaa = { readonly tag: string; readonly value: string }

/**
 * A DNS server whose every answer is set by the test. It starts empty and answers on UDP and TCP.
 *
 * What pebble-challtestsrv 2.4.0 does that real DNS does not (seen by `scripted-dns.test.ts`):
 * - A name without records answers NOERROR without answers. There is no NXDOMAIN.
 * - Types other than A, AAAA, CNAME, TXT and CAA answer NOTIMP: no NS, no SOA, no walk up a zone.
 * - Every answer, positive ones too, carries the same SOA for `challtestsrv.invalid.` in its
 *   authority section; every TTL is 0; AA is never set.
 * - A CNAME is followed for one step, inside the answer; a second CNAME behind it is not shown.
 *   `servfail` of the target does not show in the answer for the alias.
 * - Names are compared as written: a question in mixed case (0x20) finds nothing.
 * - A TXT value is one string: more than 255 octets make no answer at all.
 * - Left to itself it answers every A with 127.0.0.1 and every AAAA with ::1; here it does not.
 */
export type ScriptedDns = AsyncDisposable & {
  /** `ip:port` for `DOMAINS_DNS_SERVERS` and Pebble. */
  readonly address: string
  readonly port: number
  /** Replaces all addresses of a hostname; no addresses takes them away. */
  setA(hostname: string, addresses: readonly string[]): Promise<void>
  setAaaa(hostname: string, addresses: readonly string[]): Promise<void>
  /** Replaces all TXT values of a name; no values takes them away. */
  setTxt(name: string, values: readonly string[]): Promise<void>
  setCaa(hostname: string, records: readonly ScriptedCaa[]): Promise<void>
  setCname(hostname: string, target: string): Promise<void>
  clearCname(hostname: string): Promise<void>
  /** From now on every question for this very name answers SERVFAIL. */
  setServfail(hostname: string): Promise<void>
  clearServfail(hostname: string): Promise<void>
  /** The types asked for a name so far, oldest first, for example `['CNAME', 'A', 'A']`. */
  questions(name: string): Promise<readonly string[]>
  forgetQuestions(name: string): Promise<void>
  stop(): Promise<void>
}

/** Programs that `startScriptedDns` runs. */
export const SCRIPTED_DNS_PROGRAMS: readonly string[] = ['pebble-challtestsrv']

/** Starts a scripted DNS server on free ports of 127.0.0.1. */
export async function startScriptedDns(): Promise<ScriptedDns> {
  const [dnsPort = 0, managementPort = 0] = await freePorts(2)
  const address = `127.0.0.1:${dnsPort}`
  const program = await startProgram({
    name: 'pebble-challtestsrv',
    command: 'pebble-challtestsrv',
    args: [
      ['-dns01', address, '-management', `127.0.0.1:${managementPort}`],
      ['-http01', '', '-https01', '', '-tlsalpn01', ''],
      ['-defaultIPv4', '', '-defaultIPv6', ''],
    ].flat(),
    env: {},
    cwd: '/',
    ready: { kind: 'port', port: managementPort },
    readyWithinMs: 10_000,
    stopWithinMs: 2_000,
  })

  const post = async (path: string, body: object): Promise<Response> => {
    const answer = await fetch(`http://127.0.0.1:${managementPort}/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return answer
  }
  const replace = async (type: string, hostname: string, more: object | undefined) => {
    const host = withDot(hostname)
    await post(`clear-${type}`, { host })
    // Why clear first: `add-` appends to what is there.
    if (more !== undefined) await post(`add-${type}`, { host, ...more })
  }
  return {
    address,
    port: dnsPort,
    setA: (hostname, addresses) => replace('a', hostname, unlessEmpty({ addresses })),
    setAaaa: (hostname, addresses) => replace('aaaa', hostname, unlessEmpty({ addresses })),
    setCaa: (hostname, policies) => replace('caa', hostname, unlessEmpty({ policies })),
    setTxt: async (name, values) => {
      await post('clear-txt', { host: withDot(name) })
      for (const value of values) await post('set-txt', { host: withDot(name), value })
    },
    setCname: async (hostname, target) =>
      void (await post('set-cname', { host: withDot(hostname), target: withDot(target) })),
    clearCname: async (hostname) => void (await post('clear-cname', { host: withDot(hostname) })),
    setServfail: async (hostname) => void (await post('set-servfail', { host: withDot(hostname) })),
    clearServfail: async (hostname) =>
      void (await post('clear-servfail', { host: withDot(hostname) })),
    questions: async (name) =>
      parseQuestionTypes(await (await post('dns-request-history', { host: name })).json()),
    forgetQuestions: async (name) =>
      void (await post('clear-request-history', { host: name, type: 'dns' })),
    stop: async () => void (await program.stop()),
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  }
}

// TXT values are stored under the name exactly as given, and questions arrive with the dot.
function withDot(name: string): string {
  return name.endsWith('.') ? name : `${name}.`
}

function unlessEmpty(list: Readonly<Record<string, readonly unknown[]>>): object | undefined {
  return Object.values(list).every((values) => values.length === 0) ? undefined : list
}

const TYPE_NAMES: ReadonlyMap<unknown, string> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [257, 'CAA'],
])

function parseQuestionTypes(history: unknown): readonly string[] {
  if (history === null) return []
  if (!Array.isArray(history)) throw new Error('The DNS request history is not a list.')
  return history.map((event: { readonly Question?: { readonly Qtype?: unknown } }) => {
    const type = event.Question?.Qtype
    return TYPE_NAMES.get(type) ?? `TYPE${String(type)}`
  })
}
