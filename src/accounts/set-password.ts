import type { Tx } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { notify } from '../mail/outbox.ts'
import { fromNow } from '../time.ts'
import { record, type Source } from './audit.ts'
import { voidTokens } from './token.ts'

/**
 * Gives an account its new password (an empty hash is none), if it still has the one and the status `user` was read with; answers whether it did.
 * What the old one opened ends with it: every session, a sign-in half done, a device let off the second step, links
 * in the mail, a change of address on its way (ASVS 5.0 7.4.3, 6.5.5). The link that undoes a change of address stays: it is for an owner whom somebody else shut out.
 * The owner is told by mail (ASVS 5.0 6.3.7).
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
  await tx.session.deleteMany({ where: { userId: id } })
  await tx.device.updateMany({ where: { userId: id }, data: { trustedUntil: null } })
  await voidTokens(tx, id, ['reset-password', 'verify-email', 'two-factor', 'keep-account'])
  await record(tx, event, { actor: id, subjectId: id, source })
  await Promise.all(
    notify(tx, event === 'password.removed' ? 'password-removed' : 'password-changed', user, source),
  )
  return true
}
