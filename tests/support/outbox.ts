import { onTestFinished } from 'vitest'
import { localSource } from '../../src/accounts/audit/audit.ts'
import type { Db } from '../../src/db/client.ts'
import { deliver } from '../../src/mail/delivery.ts'
import type { Facts, MailKind } from '../../src/mail/letters.ts'
import { post } from '../../src/mail/outbox.ts'
import { openTransport } from '../../src/mail/transport.ts'
import { startApp } from './app.ts'
import { startSink } from './smtp.ts'

/** The app with the mail server in this process, and what sends the mails that are due and answers how many. */
export async function startMail(env: Record<string, string> = {}) {
  const sink = await startSink()
  onTestFinished(() => sink.stop())
  const services = await startApp({ SMTP_URL: sink.url, ...env })
  const send = openTransport(services.config, services.app.log)
  if (!send) throw new Error('There is no way for mails to leave')
  const deliverDue = async () => (await Promise.all(await deliver(services.app, send))).length
  return { ...services, sink, send, deliverDue }
}

/** Puts a mail by address alone into the outbox. */
export async function addMail(
  db: Db,
  address: string,
  kind: MailKind = 'password-changed',
  { ip = 'local', ...facts }: Facts = {},
) {
  const { id } = await post(db, kind, { address }, { ...localSource('service'), ip }, facts)
  return db.mail.findUniqueOrThrow({ where: { id } })
}

/** How often each address was sent a mail. */
export const copies = (arrived: readonly { to: string[] }[]) =>
  new Map([...Map.groupBy(arrived, ({ to }) => to.join())].map(([to, { length }]) => [to, length]))
