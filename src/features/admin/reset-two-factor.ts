import { resetTwoFactor } from '../../accounts/reset-two-factor.ts'
import type { Db } from '../../db/client.ts'
import { type Ask, asAdmin } from './as-admin.ts'

/** Lets a person in who has lost their phone: by password alone. Throws InvalidInput, or Refusal 403, 404 or 409. */
export const resetSecondStep = (db: Db, ask: Ask): Promise<void> =>
  asAdmin(db, ask, (tx, entry) => resetTwoFactor(tx, ask.userId, entry))
