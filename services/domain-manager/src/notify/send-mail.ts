import { createTransport, type SendMailOptions } from 'nodemailer'
import type { Delivery } from '@fingerpost/contract/core-api'
import type { DurationMs } from '@fingerpost/model/time'
import { quoted } from '@fingerpost/model/quote'
import { mailText, type MailedNotice } from '../rules/mail-text.ts'
import type { DeliveryAttempt } from '../rules/webhook-answer.ts'

/** The mail server and the sender; from the settings. */
export type MailSettings = {
  /** `smtp:` or `smtps:`, with credentials if the server wants them. */
  readonly smtpUrl: string
  readonly from: string
  readonly limits: MailLimits
}

/** How long talking to the mail server may take. */
export type MailLimits = {
  /** Until it was found, has taken the connection and greeted. */
  readonly connectMsMax: DurationMs
  /** Until it answers a command. */
  readonly replyMsMax: DurationMs
  /** From the start to the end. */
  readonly totalMsMax: DurationMs
}

/** Sends mail. */
export type Mailer = {
  send(delivery: Delivery, address: string): Promise<DeliveryAttempt>
}

/**
 * How long talking to the mail server may take. Why so long for an answer: servers look at what
 * a mail holds before they take it, and one that is taken after we gave up is sent again. All of
 * it ends before the lease does.
 *
 * @see RFC 5321 section 4.5.3.2.6
 */
export const MAIL_LIMITS: MailLimits = {
  connectMsMax: 10_000,
  replyMsMax: 60_000,
  totalMsMax: 90_000,
}

/** Most mails that wait for a mail server which failed the last one; the others come later. */
export const MAILS_IN_TROUBLE_MAX = 2

const NO_MAIL_SETTINGS =
  'This server sends no mail: DOMAINS_SMTP_URL and DOMAINS_MAIL_FROM are not set.'

/** Gives up every mail, and says which settings are missing. */
export const NO_MAILER: Mailer = {
  async send() {
    return failed(NO_MAIL_SETTINGS, { isFinal: true })
  },
}

/**
 * Makes what sends mail by SMTP. TLS is used whenever the server offers it;
 * `smtps:`, or `?requireTLS=true`, insists on it.
 *
 * @param deps told of what is for the operator, not for the owner of the address
 */
export function createMailer(
  settings: MailSettings,
  deps: { readonly onTrouble: (error: unknown) => void; readonly onSent: () => void },
): Mailer {
  const { connectMsMax, replyMsMax, totalMsMax } = settings.limits
  const transport = createTransport({
    url: settings.smtpUrl,
    connectionTimeout: connectMsMax,
    greetingTimeout: connectMsMax,
    socketTimeout: replyMsMax,
    dnsTimeout: connectMsMax,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  let running = 0
  let isInTrouble = false
  const send = async (delivery: Delivery, address: string): Promise<DeliveryAttempt> => {
    try {
      const signal = AbortSignal.timeout(totalMsMax)
      await transport.sendMail({ ...mailOf(delivery, address, settings.from), signal })
      isInTrouble = false
      deps.onSent()
      return { kind: 'delivered', httpStatus: undefined }
    } catch (error) {
      const refusal = refusalOf(error)
      isInTrouble = refusal === undefined
      if (refusal !== undefined) return refusal
      deps.onTrouble(error)
      return failed(TROUBLE, { isFinal: false })
    }
  }
  return {
    async send(delivery, address) {
      // Why: mails that wait for a server which hangs would leave no place for webhooks.
      if (isInTrouble && running >= MAILS_IN_TROUBLE_MAX) return failed(TROUBLE, { isFinal: false })
      running += 1
      try {
        return await send(delivery, address)
      } finally {
        running -= 1
      }
    },
  }
}

const TROUBLE = 'The mail server could not be used.'

function mailOf(delivery: Delivery, address: string, from: string): SendMailOptions {
  const { subject, text } = mailText(readNotice(delivery))
  return {
    from,
    // Why as an object: the address is taken as it is, not parsed for more of them.
    to: { name: '', address },
    subject,
    text,
    // Why from the delivery: a mail that had to be sent twice is the same mail.
    messageId: `<${delivery.id}@${senderDomain(from)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

/**
 * Gives what the mail server said against this one mail. Undefined: the trouble is another one,
 * such as that it wants another sender or credentials, which no other mail would fare better with.
 */
function refusalOf(error: unknown): DeliveryAttempt | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  if (error.code !== 'EENVELOPE' && error.code !== 'EMESSAGE') return undefined
  if ('command' in error && error.command === 'MAIL FROM') return undefined
  const code = 'responseCode' in error ? Number(error.responseCode) : 0
  if (!(code >= 400) || code === AUTHENTICATION_REQUIRED) return undefined
  const said = 'response' in error ? quoted(String(error.response)) : code
  return failed(`The mail server refused the mail: ${said}`, { isFinal: code >= 500 })
}

/** @see RFC 4954 section 6 */
const AUTHENTICATION_REQUIRED = 530

function failed(error: string, { isFinal }: { readonly isFinal: boolean }): DeliveryAttempt {
  return { kind: 'failed', error, httpStatus: undefined, retryAfterMs: undefined, isFinal }
}

function senderDomain(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'
}

/** Reads what a mail says from the payload that webhooks get. */
function readNotice({ event, noticeId, payload }: Delivery): MailedNotice {
  const read = JSON.parse(payload) as {
    readonly data?: {
      readonly message?: unknown
      readonly grace_ends_at?: unknown
      readonly domain?: { readonly hostname?: unknown } | null
    }
  }
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' ? value : undefined
  return {
    event,
    noticeId,
    hostname: text(read.data?.domain?.hostname),
    message: text(read.data?.message) ?? event,
    graceEndsAt: text(read.data?.grace_ends_at),
  }
}
