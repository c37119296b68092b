import { type Ask, asAdmin } from '../../accounts/acts/as-admin.ts'
import { makeResetLink } from '../../accounts/reset-link.ts'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/client.ts'
import { noSuchPerson } from '../../errors.ts'

/**
 * Answers with a link for a new password, for the administrator to hand over. Throws InvalidInput, or Refusal 403, 404
 * or 409.
 */
export const resetLink = (config: Config, db: Db, ask: Ask): Promise<string> =>
  asAdmin(db, ask, async (tx, entry) => {
    const user = await tx.user.findUnique({ where: { id: ask.userId } })
    if (!user) throw noSuchPerson()
    return makeResetLink({ config, db: tx }, user, entry)
  })
