import type { Db } from '../../db/client.ts'
import { noSuchPerson, Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { record } from '../audit/audit.ts'
import { voidTokens } from '../token.ts'
import { type Ask, asStaff } from './as-admin.ts'

/**
 * Takes every second factor from a person who has lost them, and all that was opened with them; the password
 * stays, and the member is told (ASVS 5.0 6.4.4). For whoever is sure who is asking. Answers whether they have a
 * password to come back with. Throws InvalidInput, or Refusal 403, 404 or 409.
 */
export const resetTwoFactor = (db: Db, ask: Ask): Promise<boolean> =>
  asStaff(db, ask, async (tx, entry) => {
    const { userId } = ask
    const where = { userId }
    const user = await tx.user.findUnique({ where: { id: userId } })
    if (!user) throw noSuchPerson()
    const authenticators = await tx.authenticator.deleteMany({ where })
    const passkeys = await tx.passkey.deleteMany({ where })
    if (authenticators.count + passkeys.count === 0)
      throw new Refusal(409, 'That account has no second step and no passkey, so nothing was changed.')
    await tx.recoveryCode.deleteMany({ where })
    await tx.session.deleteMany({ where })
    await tx.device.updateMany({ where, data: { trustedUntil: null } })
    await voidTokens(tx, userId, ['two-factor', 'keep-account'])
    await record(tx, 'two-factor.reset', entry)
    await Promise.all(notify(tx, 'two-factor-reset', user, entry.source))
    return user.passwordHash !== ''
  })
