import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import { giveBack } from '../../accounts/throttle.ts'
import type { Db } from '../../db/client.ts'
import type { Mail } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { plan } from '../../mail/plan.ts'
import { fromNow } from '../../time.ts'

/**
 * Lets a mail that was sent, failed or withheld be sent anew. One try of its budgets is given back, so that what
 * was withheld because there were too many goes out this once.
 * Throws Refusal 403, or 409 if it waits to be sent anyway.
 */
export async function sendAgain(db: Db, { actor, source }: Deed, mail: Mail): Promise<void> {
  const { id, userId: subjectId } = mail
  const planned = await plan(db, mail)
  await db.$transaction(async (tx) => {
    await requireRole(tx, actor, ['admin'])
    const { count } = await tx.mail.updateMany({
      where: { id, state: { not: 'waiting' } },
      data: { state: 'waiting', dueAt: fromNow(0), attempts: 0, lastError: null },
    })
    if (count === 0) throw new Refusal(409, 'That mail is waiting to be sent already. Nothing was changed.')
    if ('budgets' in planned) await giveBack(tx, planned.budgets ?? [])
    await record(tx, 'mail.sent-again', { actor: actor.id, subjectId, source, detail: { mail: id } })
  })
}
