import { requireAnyAdmin } from '../../accounts/acts/require-admin.ts'
import { record, type Source } from '../../accounts/audit/audit.ts'
import { endAccess } from '../../accounts/end-access.ts'
import type { Services } from '../../accounts/services.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { fromNow } from '../../time.ts'

/**
 * Closes a member's account; answers when it will be erased. Until then nothing is deleted, and nobody is
 * signed in. At least one active administrator stays, also when two close theirs at once. Throws Refusal 409.
 */
export async function closeAccount(
  { config, db }: Pick<Services, 'config' | 'db'>,
  user: User,
  source: Source,
): Promise<Date> {
  const { id } = user
  const closesAt = fromNow(config.periods.erase)
  await serializable(db, async (tx) => {
    const data = { status: 'closing' as const, closesAt, newEmail: null }
    const { count } = await tx.user.updateMany({ where: { id, status: 'active' }, data })
    if (count === 0) throw new Refusal(409, 'That account isn’t active, so nothing was changed.')
    // Made one since they were let in, they count as well.
    const { role } = await tx.user.findUniqueOrThrow({ where: { id }, select: { role: true } })
    if (role === 'admin') await requireAnyAdmin(tx)
    await endAccess(tx, id)
    await record(tx, 'user.closing', { actor: id, subjectId: id, source })
    await Promise.all(notify(tx, 'account-closing', user, source, { closesAt: closesAt.toISOString() }))
  })
  return closesAt
}
