import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import type { Mail } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { compose, type Message } from '../../mail/compose.ts'
import { plan } from '../../mail/plan.ts'

/**
 * Writes a mail for an administrator to read and hand over, with a link that works, where no mail server takes it.
 * Whoever has the link can do what the member could: the audit trail says who asked. Throws Refusal 403, or 409
 * if there is nothing to send, or no link in it.
 */
export async function openMail(
  { db, config, secretKeys }: KeyedServices,
  { actor, source }: Deed,
  mail: Mail,
): Promise<Message> {
  const planned = await plan(db, mail)
  if ('withheld' in planned) throw new Refusal(409, `${planned.withheld}, so there is nothing to open.`)
  if (!planned.link) throw new Refusal(409, 'That mail has no link.')
  const { userId: subjectId } = planned
  return db.$transaction(async (tx) => {
    await requireRole(tx, actor, ['admin'])
    await record(tx, 'mail.opened', { actor: actor.id, subjectId, source, detail: { mail: mail.id } })
    return compose({ db: tx, config, secretKeys }, mail, planned)
  })
}
