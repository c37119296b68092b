import { record, type Source } from '../../accounts/audit/audit.ts'
import { replaceRecoveryCodes } from '../../accounts/recovery-code.ts'
import type { SignedIn } from '../../accounts/session.ts'
import type { Db } from '../../db/client.ts'
import { notify } from '../../mail/outbox.ts'
import { isOff } from './turn-off.ts'

/** Makes ten new recovery codes and answers them; the old ones work no longer. Throws Refusal 409. */
export function renewRecoveryCodes(db: Db, { user }: SignedIn, source: Source): Promise<string[]> {
  const { id } = user
  return db.$transaction(async (tx) => {
    // Writes what is there: whoever turns it off at the same time comes before or after, never between.
    const authenticator = await tx.authenticator.updateMany({ where: { userId: id }, data: { userId: id } })
    if (authenticator.count === 0) throw isOff()
    await record(tx, 'recovery-codes.made', { actor: id, subjectId: id, source })
    await Promise.all(notify(tx, 'recovery-codes-made', user, source))
    return replaceRecoveryCodes(tx, id)
  })
}
