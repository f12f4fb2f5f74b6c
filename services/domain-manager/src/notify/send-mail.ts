import { createTransport } from 'nodemailer'
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
}

/** Sends mail. */
export type Mailer = {
  send(delivery: Delivery, address: string): Promise<DeliveryAttempt>
}

/** How long each step of talking to the mail server may take. */
export const SMTP_MS_MAX: DurationMs = 10_000

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
  const transport = createTransport({
    url: settings.smtpUrl,
    connectionTimeout: SMTP_MS_MAX,
    greetingTimeout: SMTP_MS_MAX,
    socketTimeout: SMTP_MS_MAX,
    dnsTimeout: SMTP_MS_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(delivery, address) {
      const { subject, text } = mailText(readNotice(delivery))
      try {
        await transport.sendMail({
          from: settings.from,
          // Why as an object: the address is taken as it is, not parsed for more of them.
          to: { name: '', address },
          subject,
          text,
          // Why from the delivery: a mail that had to be sent twice is the same mail.
          messageId: `<${delivery.id}@${senderDomain(settings.from)}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
        deps.onSent()
        return { kind: 'delivered', httpStatus: undefined }
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal !== undefined) return refusal
        deps.onTrouble(error)
        return failed('The mail server could not be used.', { isFinal: false })
      }
    },
  }
}

/** Gives what the mail server said against this one mail; undefined: the trouble is another one. */
function refusalOf(error: unknown): DeliveryAttempt | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  if (error.code !== 'EENVELOPE' && error.code !== 'EMESSAGE') return undefined
  const code = 'responseCode' in error ? Number(error.responseCode) : 0
  if (!(code >= 400)) return undefined
  const said = 'response' in error ? quoted(String(error.response)) : code
  return failed(`The mail server refused the mail: ${said}`, { isFinal: code >= 500 })
}

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
