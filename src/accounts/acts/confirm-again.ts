import type { UserStatus } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { NO_TRACES, post } from '../../mail/outbox.ts'
import { fromNow } from '../../time.ts'
import { record } from '../audit/audit.ts'
import type { Services } from '../services.ts'
import { requireOffered } from './act-words.ts'
import { type Ask, asAdmin } from './as-admin.ts'

/**
 * Mails a person once more what confirms their address, and gives a sign-up its whole time again.
 * Throws InvalidInput, or Refusal 403, 404 or 409.
 */
export const confirmAgain = ({ config, db }: Pick<Services, 'config' | 'db'>, ask: Ask): Promise<void> =>
  asAdmin(db, ask, async (tx, entry) => {
    requireOffered('confirm-again', config)
    const { userId } = ask
    const where = { id: userId, status: { in: ['pending', 'active'] satisfies UserStatus[] } }
    const user = await tx.user.findUnique({ where })
    if (!user?.email || user.provenEmailKey)
      throw new Refusal(409, 'There is no address to be confirmed. Nothing was sent.')
    const waits = { userId, kind: 'verify-email', state: 'waiting' as const }
    if (await tx.mail.count({ where: waits }))
      throw new Refusal(409, 'That mail is waiting to be sent already. Nothing was changed.')
    await tx.signUp.updateMany({ where: { userId }, data: { expiresAt: fromNow(config.periods.confirm) } })
    const facts = { ...NO_TRACES, toMany: entry.toMany }
    await post(tx, 'verify-email', { address: user.email, userId }, entry.source, facts)
    await record(tx, 'email.proof-sent-again', entry)
  })
