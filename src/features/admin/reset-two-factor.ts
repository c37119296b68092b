import { resetTwoFactor } from '../../accounts/reset-two-factor.ts'
import type { Db } from '../../db/client.ts'
import { type Ask, asAdmin } from './as-admin.ts'

/** Lets in by password alone who has lost their phone. Throws InvalidInput, or Refusal 403, 404 or 409. */
export const resetSecondStep = (db: Db, ask: Ask): Promise<void> =>
  asAdmin(db, ask, async (tx, entry) => void (await resetTwoFactor(tx, ask.userId, entry)))
