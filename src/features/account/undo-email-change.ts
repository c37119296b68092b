import { record, recordAll, type Source } from '../../accounts/audit/audit.ts'
import { endAccess } from '../../accounts/end-access.ts'
import { takeAddress } from '../../accounts/prove-address.ts'
import { consumeToken } from '../../accounts/token.ts'
import { OPEN } from '../../accounts/user.ts'
import type { Db } from '../../db/client.ts'
import type { Token } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { post } from '../../mail/outbox.ts'
import { fromNow } from '../../time.ts'

export const undoExpired = () =>
  new Refusal(410, 'It has been used, or it is too old. Links work once.', {
    wayOn: { href: '/login', text: 'Sign in' },
  })

/**
 * Gives the account back to the mailbox it had before its address was changed, or was to be. Whoever asked
 * knew the password: so nobody stays signed in, no password is the right one, passkeys go, as they may have been
 * added by it, and a link to choose a password goes to that mailbox. Where there is no password, the passkeys from
 * before the change stay the way in. Of several mailboxes that lost the account one after the other, the earlier
 * wins, and what came later goes. Throws Refusal 410, or 409 if the address is another's.
 */
export async function undoEmailChange(db: Db, token: Token, source: Source): Promise<void> {
  const { userId, address, createdAt } = token
  if (!userId || !address) throw undoExpired()
  await db.$transaction(async (tx) => {
    // Also of one that is closing: whoever changed the address may have closed it as well.
    const where = { id: userId, ...OPEN }
    const { passwordHash } = await takeAddress(tx, where, address, {}, undoExpired)
    // A sign-in that has weighed the old password already goes by the time that it was changed.
    const noPassword = { passwordHash: '', passwordChangedAt: fromNow(0) }
    await tx.user.update({ where: { id: userId }, data: noPassword, select: { id: true } })
    if (!(await consumeToken(tx, token))) throw undoExpired()
    await endAccess(tx, userId)
    const since = { userId, createdAt: { gte: createdAt } }
    await tx.token.deleteMany({ where: { ...since, purpose: 'undo-email-change' } })
    // A passkey needs no password: theirs would let whoever asked for the change in again.
    const planted = passwordHash === '' ? since : { userId }
    const passkeys = await tx.passkey.findMany({ where: planted, select: { id: true } })
    await tx.passkey.deleteMany({ where: planted })
    const told = { actor: userId, subjectId: userId, source }
    const removed = passkeys.map(({ id }) => ({ ...told, detail: { passkey: id } }))
    await recordAll(tx, 'passkey.removed', removed)
    // Sent, or sent again, these would let a later mailbox have the account.
    await tx.mail.deleteMany({ where: { ...since, kind: { in: ['email-changing', 'email-changed'] } } })
    await record(tx, 'email.change-undone', told)
    await post(tx, 'reset-password', { address, userId }, source, { undone: true })
  })
}
