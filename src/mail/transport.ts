import nodemailer from 'nodemailer'
import type { Config } from '../config.ts'
import { seconds } from '../time.ts'
import type { Message } from './compose.ts'

/** Hands a mail over, or throws what the mail server said. */
export type Transport = (message: Message, signal: AbortSignal) => Promise<unknown>

/**
 * The way mails leave: the mail server of SMTP_URL. Without one, on this machine's own address they are written
 * to the log, links and all, for whoever develops here; elsewhere there is no way and they wait in the outbox.
 */
export function openTransport(
  { mail }: Config,
  log: { info: (mail: object, words: string) => void },
): Transport | undefined {
  if (mail.smtpUrl) return smtp(mail, mail.smtpUrl)
  if (mail.way === 'none') return undefined
  return async ({ to, text }) => log.info({ to, text }, 'There is no SMTP_URL, so this mail stays here')
}

function smtp(mail: Config['mail'], url: string): Transport {
  const transporter = nodemailer.createTransport({
    url,
    requireTLS: mail.requireTls,
    connectionTimeout: seconds(10),
    greetingTimeout: seconds(10),
    socketTimeout: seconds(20),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return ({ to, ...message }, signal) =>
    transporter.sendMail({
      ...message,
      // Its name may change meanwhile.
      from: mail.from,
      // As an object, it is never read as a list of addresses.
      to: { name: '', address: to },
      // RFC 3834: no out-of-office answers.
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal,
    })
}

/**
 * Whether the mail server has said no for good to this recipient or this mail (RFC 5321 §4.2.1). Anything before,
 * such as a wrong password of ours, is not the mail's fault and is tried again.
 */
export function isRefused(error: unknown): boolean {
  const { responseCode = 0, command } = error as { responseCode?: number; command?: string }
  return responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA')
}
