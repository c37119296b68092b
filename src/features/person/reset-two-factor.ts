import { type Ask, asStaff } from '../../accounts/as-admin.ts'
import { resetTwoFactor } from '../../accounts/reset-two-factor.ts'
import type { Db } from '../../db/client.ts'

/** Lets in by password alone who has lost their phone. Throws InvalidInput, or Refusal 403, 404 or 409. */
export const resetSecondStep = (db: Db, ask: Ask): Promise<void> =>
  asStaff(db, ask, async (tx, entry) => void (await resetTwoFactor(tx, ask.userId, entry)))
