import { record, type Source } from '../../accounts/audit.ts'
import { emailKey } from '../../accounts/email.ts'
import { asTaken } from '../../accounts/prove-address.ts'
import { consumeToken, voidTokens } from '../../accounts/token.ts'
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
 * Gives the account back to the mailbox it had before its address was changed, or was to be. Whoever asked for
 * the change knew the password and was signed in: so nobody stays signed in, no password is the right one, and
 * a link to choose a new one goes to the old address. Throws Refusal 410, or 409 if it is somebody else's by now.
 */
export async function undoEmailChange(db: Db, token: Token, source: Source): Promise<void> {
  const { userId, address } = token
  if (!userId || !address) throw undoExpired()
  const kept = { email: address, emailKey: emailKey(address), provenEmailKey: emailKey(address) }
  await db.$transaction(async (tx) => {
    await tx.user
      .update({
        where: { id: userId },
        // A sign-in that has weighed the old password already goes by the time that it was changed.
        data: { ...kept, newEmail: null, passwordHash: '', passwordChangedAt: fromNow(0) },
        select: { id: true },
      })
      .catch(asTaken)
    if (!(await consumeToken(tx, token))) throw undoExpired()
    await tx.session.deleteMany({ where: { userId } })
    // Mails that still wait would carry new links to the address that the account has just lost.
    await tx.mail.updateMany({
      where: { userId, kind: 'email-changing', state: 'waiting' },
      data: { state: 'withheld', lastError: 'The change was undone' },
    })
    await voidTokens(tx, userId, ['verify-email', 'reset-password', 'undo-email-change'])
    await record(tx, 'email.change-undone', { actor: userId, subjectId: userId, source })
    await post(tx, 'reset-password', { address, userId }, source)
  })
}
