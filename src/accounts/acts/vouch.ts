import type { Db, Tx } from '../../db/client.ts'
import { uniqueViolation } from '../../db/errors.ts'
import type { Prisma } from '../../db/generated/sqlite/client.ts'
import { InvalidInput, noSuchPerson, Refusal } from '../../errors.ts'
import { notify, post } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'
import { record } from '../audit/audit.ts'
import { type Email, emailKey, prepareNewEmail } from '../email.ts'
import type { Services } from '../services.ts'
import { accept } from '../text.ts'
import { voidTokens } from '../token.ts'
import { type Ask, asAdmin } from './as-admin.ts'

/**
 * Marks a person's address as proven, because an administrator is sure of it; a sign-up becomes an account by it.
 * They are told by mail. Throws InvalidInput, or Refusal 403 or 409, also if the address belongs to another by now.
 */
export async function vouchForAddress(db: Db, ask: Ask): Promise<void> {
  try {
    await asAdmin(db, ask, async (tx, entry) => {
      const user = await findAddressed(tx, ask.userId)
      if (!user?.email || user.provenEmailKey)
        throw new Refusal(409, 'There is no address to be confirmed. Nothing was changed.')
      const { email } = user
      await setProven(tx, user, { email, key: emailKey(email) })
      await record(tx, 'email.proven', entry)
      await post(tx, 'address-confirmed', { address: email, userId: user.id }, entry.source)
    })
  } catch (error) {
    if (!uniqueViolation(error)?.includes('provenEmailKey')) throw error
    throw new Refusal(409, 'That address belongs to another account. Nothing was changed.')
  }
}

/**
 * Gives a person another address for an administrator, who vouches for it: it counts as proven. What was mailed to
 * earlier ones opens nothing any more, and both are told. Throws InvalidInput, or Refusal 403 or 404.
 */
export async function replaceAddress(
  { config, db }: Pick<Services, 'config' | 'db'>,
  ask: Ask,
  typed: string,
): Promise<void> {
  const { email } = accept({ email: prepareNewEmail(typed, config) })
  const { email: newAddress, key } = email
  try {
    await asAdmin(db, ask, async (tx, entry) => {
      const user = await findAddressed(tx, ask.userId)
      if (!user) throw noSuchPerson()
      const { id: userId } = user
      if (user.provenEmailKey === key) throw new InvalidInput({ email: message('email.unchanged') })
      await setProven(tx, user, email)
      // An earlier mailbox could take the account back by these: here the administrator's word counts.
      await voidTokens(tx, userId, ['undo-email-change'])
      await tx.mail.deleteMany({ where: { userId, kind: { in: ['email-changing', 'email-changed'] } } })
      await record(tx, 'email.replaced', entry)
      await Promise.all(notify(tx, 'address-replaced', user, entry.source, { newAddress }))
      await post(tx, 'address-replaced', { address: newAddress, userId }, entry.source, { newAddress })
    })
  } catch (error) {
    if (!uniqueViolation(error)?.includes('provenEmailKey')) throw error
    throw new InvalidInput({ email: message('email.taken') })
  }
}

const findAddressed = (tx: Tx, id: string) =>
  tx.user.findUnique({ where: { id }, include: { signUpRequest: true } })

type Addressed = NonNullable<Prisma.Result<Tx['user'], { include: { signUpRequest: true } }, 'findUnique'>>

/** Links that went to the address before this one open nothing any more (ASVS 5.0 6.5.5). */
async function setProven(tx: Tx, { id, status, signUpRequest }: Addressed, { email, key }: Email) {
  const becomes = status === 'pending' && !signUpRequest ? 'active' : status
  const data = { email, emailKey: key, provenEmailKey: key, newEmail: null, status: becomes }
  await tx.user.update({ where: { id }, data, select: { id: true } })
  await tx.signUp.deleteMany({ where: { userId: id } })
  await voidTokens(tx, id, ['verify-email', 'reset-password'])
}
