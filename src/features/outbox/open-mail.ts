import { record, type Source } from '../../accounts/audit.ts'
import type { Services } from '../../accounts/services.ts'
import type { Mail, User } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { compose, type Message, plan } from '../../mail/compose.ts'

type Deed = { actor: User; mail: Mail; source: Source }

/**
 * Writes a mail for an administrator to read and hand over, with a link that works, where no mail server takes it.
 * Whoever has the link can do what the member could: the audit trail says who asked. Throws Refusal 409 if there
 * is nothing to send, or no link in it.
 */
export async function openMail(
  { db, config, secretKey }: Services,
  { actor, mail, source }: Deed,
): Promise<Message> {
  const planned = await plan(db, mail)
  if ('withheld' in planned) throw new Refusal(409, `${planned.withheld}, so there is nothing to open.`)
  if (!planned.link) throw new Refusal(409, 'That mail has no link.')
  const { userId } = planned
  return db.$transaction(async (tx) => {
    const subject = userId ? { subjectId: userId } : {}
    await record(tx, 'mail.opened', { actor: actor.id, ...subject, source, detail: { mail: mail.id } })
    return compose({ db: tx, config, secretKey }, mail, planned)
  })
}
