import type { Config } from '../../config.ts'
import type { Db } from '../../db/client.ts'
import type { Mail, MailState } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'
import { newestFirst, type PageKeys, pageOf } from '../../http/lists.ts'
import { subjectOf } from '../../mail/compose.ts'

/** `user` is the member whose mails are asked for. */
export type MailsQuery = PageKeys & { state?: MailState | undefined; user?: string | undefined }

/** A page of the outbox, newest first. */
export async function listMails(db: Db, { state, user, ...keys }: MailsQuery) {
  const where = { ...(state && { state }), ...(user && { userId: user }) }
  const mails = await db.mail.findMany(newestFirst(keys, where))
  return pageOf(mails, keys)
}

/** What administrators see of a mail: an allow-list, never the row. */
export function summary(config: Config, mail: Mail) {
  const { id, address, userId, state, attempts, lastError, createdAt } = mail
  return {
    id,
    subject: subjectOf(config, mail),
    address,
    userId,
    state,
    attempts,
    lastError,
    createdAt: instant(createdAt),
  }
}
