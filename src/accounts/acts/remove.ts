import { Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { fromNow } from '../../time.ts'
import { record } from '../audit/audit.ts'
import { endAccess } from '../end-access.ts'
import type { Services } from '../services.ts'
import { type Ask, asAdmin } from './as-admin.ts'
import { requireAnyAdmin } from './require-admin.ts'

/**
 * Closes a person's account for an administrator; answers when it will be erased. Until then nothing is deleted, and
 * only an administrator can keep it: it counts as suspended for as long. At least one active administrator stays.
 * Throws InvalidInput, or Refusal 403 or 409.
 */
export const remove = ({ config, db }: Pick<Services, 'config' | 'db'>, ask: Ask): Promise<Date> =>
  asAdmin(db, ask, async (tx, entry) => {
    const { userId: id } = ask
    const closesAt = fromNow(config.periods.erase)
    const { count } = await tx.user.updateMany({
      where: { id, status: { not: 'closing' } },
      data: { status: 'closing', closesAt, suspendedUntil: closesAt, newEmail: null },
    })
    if (count === 0) throw new Refusal(409, 'That account is closing already, or gone. Nothing was changed.')
    const user = await tx.user.findUniqueOrThrow({ where: { id } })
    if (user.role === 'admin') await requireAnyAdmin(tx)
    await endAccess(tx, id)
    await record(tx, 'user.closing', entry)
    const facts = { toMany: entry.toMany, closesAt: closesAt.toISOString() }
    await Promise.all(notify(tx, 'account-removed', user, entry.source, facts))
    return closesAt
  })
