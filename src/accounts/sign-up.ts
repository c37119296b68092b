import type { Db, Tx } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { post } from '../mail/outbox.ts'
import { fromNow } from '../time.ts'
import { record, type Source } from './audit/audit.ts'
import type { Email } from './email.ts'
import { hashToken, newToken, voidTokens } from './token.ts'

/**
 * What the browser that signs up holds, and its row: by it that browser is known when the address is proven. When
 * that hasn't come within so many ms, the account goes, and its name is free again.
 */
export function newSignUp(userId: string, returnTo: string | undefined, within: number) {
  const token = newToken()
  const row = {
    userId,
    tokenHash: hashToken(token),
    expiresAt: fromNow(within),
    ...(returnTo && { returnTo }),
  }
  return { token, row }
}

/** The sign-up that a browser holds the token of, with its account, while it waits. */
export function findSignUp(db: Db, token: string) {
  return db.signUp.findUnique({
    where: { tokenHash: hashToken(token), expiresAt: { gt: fromNow(0) } },
    include: { user: true },
  })
}

/** Has the mail sent once more; to a corrected address, if it is another: then the links to the old one prove nothing. */
export async function mailAgain(tx: Tx, { id, email: old }: User, { email, key }: Email, source: Source) {
  if (email !== old) {
    const { count } = await tx.user.updateMany({
      where: { id, status: 'pending', provenEmailKey: null },
      data: { email, emailKey: key },
    })
    // Confirmed in the meantime: there is nothing to correct any more.
    if (count === 0) return
    await voidTokens(tx, id, ['verify-email'])
    await record(tx, 'registration.address-corrected', { actor: 'visitor', subjectId: id, source })
  }
  await post(tx, 'verify-email', { address: email, userId: id }, source)
}
