import type { HandshakeOutcome } from '../support/tls-client.ts'

/** What became of a handshake, as far as these tests compare it. */
export type Verdict = 'served' | 'refused'

/** What ask may do instead of saying yes at once. */
export type AskFault = 'is down' | 'denies' | 'fails' | 'is slow' | 'is silent'

/** How a Caddy treats certificates that it holds already while ask is out of order. */
export type Behaviour = {
  /** First handshake after a restart, certificate in storage, by what ask does. */
  readonly afterRestart: Readonly<Record<AskFault, Verdict>>
  /** Whether that handshake takes as long as ask does. */
  readonly handshakeWaitsForAsk: boolean
  /** Handshake for a valid certificate in its renewal window, once ask has failed for it. */
  readonly afterFailedRenewalAsk: Verdict
  /** How often ask is called for three handshakes at once for one name that it refuses. */
  readonly asksForThreeRefusedAtOnce: number
  /** Whether several first handshakes at once for permitted names may be refused. */
  readonly failsFirstHandshakesAtOnce: boolean
}

const STORAGE_BEFORE_ASK: Behaviour = {
  afterRestart: {
    'is down': 'served',
    denies: 'served',
    fails: 'served',
    'is slow': 'served',
    'is silent': 'served',
  },
  handshakeWaitsForAsk: false,
  afterFailedRenewalAsk: 'served',
  asksForThreeRefusedAtOnce: 1,
  failsFirstHandshakesAtOnce: true,
}

const ASK_BEFORE_STORAGE: Behaviour = {
  afterRestart: {
    'is down': 'refused',
    denies: 'refused',
    fails: 'refused',
    'is slow': 'served',
    'is silent': 'refused',
  },
  handshakeWaitsForAsk: true,
  afterFailedRenewalAsk: 'refused',
  asksForThreeRefusedAtOnce: 3,
  failsFirstHandshakesAtOnce: false,
}

/** The expectations for a version of Caddy: 2.7 put ask before storage. */
export function behaviourOf(version: string): Behaviour {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major === 2 && minor < 7 ? STORAGE_BEFORE_ASK : ASK_BEFORE_STORAGE
}

/** Reduces an outcome to a verdict; anything but a TLS alert or a certificate is a test's failure. */
export function verdictOf(outcome: HandshakeOutcome): Verdict {
  if (outcome.kind === 'accepted') return 'served'
  if (outcome.kind === 'alert') return 'refused'
  throw new Error(`Neither a certificate nor a TLS alert: ${outcome.kind} ${outcome.code}.`)
}

/** The serial number of an accepted handshake's certificate. */
export function serialOf(outcome: HandshakeOutcome): string {
  if (outcome.kind === 'accepted') return outcome.certificate.serial
  throw new Error(`The handshake was not accepted: ${JSON.stringify(outcome)}.`)
}
