import type { Prisma } from '../../src/db/generated/sqlite/client.ts'
import { post } from '../../src/mail/outbox.ts'
import { startApp } from './app.ts'
import { addPerson, source } from './people.ts'

/** A mail server that nobody asks: tests take the mails themselves. */
export const SMTP = { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'accounts@example.org' }

/** An administrator who is signed in, and a member with a mail that lets them set a new password. */
export async function withMail(env: Record<string, string> = SMTP) {
  const services = await startApp({ EMAIL: 'optional', ...env })
  const { app, db } = services
  await addPerson(db, 'mira.okafor', { role: 'admin' })
  const { user: ana } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const { id } = await post(db, 'reset-password', { address: 'ana@example.org', userId: ana.id }, source)
  const mira = services.visitor()
  await mira.logIn('mira.okafor')
  const mail = () => db.mail.findUniqueOrThrow({ where: { id } })
  const change = (data: Prisma.MailUncheckedUpdateInput) => db.mail.update({ where: { id }, data })
  const sendAgain = () => mira.request('POST', `/admin/mail/${id}/send-again`, {})
  return { ...services, app, db, mira, ana, path: `/admin/mail/${id}`, mail, change, sendAgain }
}

/** A mail of its own, newer than any that the service writes and than those of a smaller number. */
export const row = (i: number, more: Partial<Prisma.MailUncheckedCreateInput> = {}) => ({
  id: `ffffffff-ffff-7fff-bfff-${String(i).padStart(12, '0')}`,
  ...{ kind: 'password-changed', address: `person-${i}@example.org` },
  ...{ facts: {}, dueAt: new Date() },
  ...more,
})
