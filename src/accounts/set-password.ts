import type { Tx } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { notify } from '../mail/outbox.ts'
import { fromNow, minutes } from '../time.ts'
import { record, type Source } from './audit/audit.ts'
import { endAccess } from './end-access.ts'
import { isProven, newSession, type SessionTokens, type SignedIn, signedOut } from './session.ts'

type PasswordEvent = 'password.changed' | 'password.reset' | 'password.removed'

/**
 * Gives an account its new password (an empty hash is none), if it still has the one and the status `user`
 * was read with; answers whether it did. What the old one opened ends with it, and a change of address on its
 * way. The owner is told by mail (ASVS 5.0 6.3.7).
 */
export async function setPassword(
  tx: Tx,
  user: User,
  passwordHash: string,
  event: PasswordEvent,
  source: Source,
): Promise<boolean> {
  if (!(await write(tx, user, passwordHash))) return false
  await follow(tx, user, event, source)
  return true
}

/**
 * The same for who is signed in, and stays so by a new session: answers its token, or undefined if the
 * account has another password by now. Throws Refusal 409 if the session has ended: it doesn't come back
 * under another name.
 */
export async function setOwnPassword(
  tx: Tx,
  { user, session }: SignedIn,
  passwordHash: string,
  event: PasswordEvent,
  source: Source,
): Promise<SessionTokens | undefined> {
  if (!(await write(tx, user, passwordHash))) return undefined
  const { id, remember, deviceId } = session
  const { count } = await tx.session.deleteMany({ where: { id } })
  if (count === 0) throw signedOut()
  await follow(tx, user, event, source)
  const renewed = newSession(user, remember, source, { deviceId, proven: isProven(session, minutes(10)) })
  await tx.session.create({ data: renewed.row, select: { id: true } })
  return { session: renewed.token }
}

async function write(tx: Tx, { id, status, passwordHash: old }: User, passwordHash: string) {
  const { count } = await tx.user.updateMany({
    where: { id, passwordHash: old, status },
    data: { passwordHash, passwordChangedAt: fromNow(0), newEmail: null },
  })
  return count === 1
}

async function follow(tx: Tx, user: User, event: PasswordEvent, source: Source) {
  const { id } = user
  await endAccess(tx, id)
  await record(tx, event, { actor: id, subjectId: id, source })
  const kind = event === 'password.removed' ? 'password-removed' : 'password-changed'
  await Promise.all(notify(tx, kind, user, source))
}
