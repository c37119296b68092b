import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import type { Db } from '../../db/client.ts'
import { Refusal } from '../../errors.ts'
import { fromNow } from '../../time.ts'

/** Lets nobody sign up by an invitation any more; who has stays. Throws Refusal 403, or 409 if it is too late. */
export async function cancel(db: Db, { actor, source }: Deed, id: string): Promise<void> {
  await db.$transaction(async (tx) => {
    await requireRole(tx, actor, ['admin'])
    const { count } = await tx.invitation.updateMany({
      where: { id, cancelledAt: null, usesLeft: { gt: 0 } },
      data: { cancelledAt: fromNow(0) },
    })
    if (count === 0)
      throw new Refusal(409, 'That invitation was used or cancelled meanwhile. Nothing was changed.')
    await record(tx, 'invitation.cancelled', { actor: actor.id, source, detail: { invitation: id } })
  })
}
