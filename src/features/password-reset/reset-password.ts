import { record, type Source } from '../../accounts/audit/audit.ts'
import { takeAddress } from '../../accounts/prove-address.ts'
import type { Services } from '../../accounts/services.ts'
import { setPassword } from '../../accounts/set-password.ts'
import { accept } from '../../accounts/text.ts'
import { consumeToken } from '../../accounts/token.ts'
import { isByPasskeyAlone } from '../../accounts/two-factor.ts'
import { OPEN, prepareNewPassword } from '../../accounts/user.ts'
import type { Db } from '../../db/client.ts'
import type { Token, User } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'

/** Used, too old, void, for something else, of a suspended account: one answer to all (ASVS 5.0 6.5.1). */
export const linkExpired = () =>
  new Refusal(410, 'It has been used, or it is too old. Links work once, and for 1 hour.', {
    wayOn: { href: '/forgot-password', text: 'Ask for a new link' },
  })

/** Whose link it is, as long as they may get into the account by it, or keep it. Throws Refusal 410. */
export async function ownerOf(db: Db, { userId }: Token): Promise<User> {
  const owner = userId && (await db.user.findUnique({ where: { id: userId, ...OPEN } }))
  if (!owner || (await isByPasskeyAlone(db, owner))) throw linkExpired()
  return owner
}

/**
 * Gives the owner of a link the password that was typed, and uses the link up. Signs nobody in: who reads the
 * mail has shown one factor only (ASVS 5.0 6.4.3). The first password of an account that was made for them proves
 * the address that its link was mailed to. Throws InvalidInput, or Refusal 409, 410 or 503.
 */
export async function resetPassword(
  { config, db, passwords }: Services,
  token: Token,
  typed: string,
  source: Source,
): Promise<void> {
  const owner = await ownerOf(db, token)
  const { password } = accept({ password: prepareNewPassword(typed, owner, config) })
  const passwordHash = await passwords.hash(password)
  await db.$transaction(async (tx) => {
    // Writes what is there: the account stays as it was, and its links wait for each other, not crosswise.
    // A link that was mailed to an address which the account has lost since opens nothing.
    const { id, status } = owner
    const where = { id, status, ...(token.address && { email: token.address }) }
    const { count } = await tx.user.updateMany({ where, data: { status } })
    // Two-step sign-in may have been turned off meanwhile.
    if (count === 0 || (await isByPasskeyAlone(tx, owner))) throw linkExpired()
    if (!(await consumeToken(tx, token))) throw linkExpired()
    if (!(await setPassword(tx, owner, passwordHash, 'password.reset', source))) throw linkExpired()
    if (!token.address || owner.provenEmailKey) return
    await takeAddress(tx, { id }, token.address, {}, linkExpired)
    await record(tx, 'email.proven', { actor: id, subjectId: id, source })
  })
}
