import type { Tx } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { notify } from '../mail/outbox.ts'
import { fromNow } from '../time.ts'
import { record, type Source } from './audit.ts'
import { endAccess } from './end-access.ts'

/**
 * Gives an account its new password (an empty hash is none), if it still has the one and the status `user` was read
 * with; answers whether it did. What the old one opened ends with it, and a change of address on its way. The owner
 * is told by mail (ASVS 5.0 6.3.7).
 */
export async function setPassword(
  tx: Tx,
  user: User,
  passwordHash: string,
  event: 'password.changed' | 'password.reset' | 'password.removed',
  source: Source,
): Promise<boolean> {
  const { id, status, passwordHash: old } = user
  const { count } = await tx.user.updateMany({
    where: { id, passwordHash: old, status },
    data: { passwordHash, passwordChangedAt: fromNow(0), newEmail: null },
  })
  if (count === 0) return false
  await endAccess(tx, id)
  await record(tx, event, { actor: id, subjectId: id, source })
  await Promise.all(
    notify(tx, event === 'password.removed' ? 'password-removed' : 'password-changed', user, source),
  )
  return true
}
