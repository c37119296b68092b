import type { Message } from '../../src/mail/compose.ts'
import { deliver } from '../../src/mail/delivery.ts'
import type { App } from './requests.ts'

/** Lets the service send what is due now, and answers what arrived, in the order in which it was written. */
export async function mailOf(app: App): Promise<Message[]> {
  const arrived: Message[] = []
  const keep = async (message: Message) => arrived.push(message)
  while ((await Promise.all(await deliver(app, keep))).length);
  // Five are sent at once: which arrives first is chance. Their ids tell when they were written.
  return arrived.sort((one, other) => (one.messageId < other.messageId ? -1 : 1))
}

/** The path that a mail's link leads to, as the visitor follows it. */
export function linkIn(mail: { text?: string | undefined } | undefined): string {
  const [, path] = /https?:\/\/[^/\s]+(\/\S+\?(?:token|invite)=\S+)/.exec(mail?.text ?? '') ?? []
  if (!path) throw new Error(`There is no link in:\n${mail?.text}`)
  return path
}

/** The six digits of a mail. */
export const codeIn = (mail: { text?: string | undefined } | undefined): string =>
  /^\d{6}$/m.exec(mail?.text ?? '')?.[0] ?? ''
