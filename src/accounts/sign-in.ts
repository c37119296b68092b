import type { Db } from '../db/client.ts'
import type { Device, User } from '../db/generated/sqlite/client.ts'
import { fromNow, minutes } from '../time.ts'
import type { Source } from './audit/audit.ts'
import { isTrusted } from './known-device.ts'
import { type SessionTokens, startSession } from './session.ts'
import { issueToken } from './token.ts'
import { hasSecondStep } from './two-factor.ts'
import { isOpen } from './user.ts'

/** How long somebody may stay between two steps of a sign-in, in ms (ASVS 5.0 6.6.3). */
export const STEP_WITHIN = minutes(10)

/**
 * What a sign-in leads to: a session, a further step, for which the browser holds a one-time token, or waiting for an
 * administrator.
 */
export type Entrance =
  | { to: 'session'; tokens: SessionTokens }
  | { to: 'approval' }
  | { to: 'two-factor' | 'keep-account'; token: string }

/** What somebody has proven so far, in which browser, and what they chose. */
type Proof = {
  way: 'password' | 'two-factor' | 'passkey'
  device: Device | null
  remember: boolean
  trust?: boolean
}

/**
 * Takes a person who has given right credentials on: to the second step, if the account has one that this
 * proof doesn't hold, to the question whether to keep an account that is closing, or in. Undefined if the
 * account was suspended, its password changed or two-step sign-in turned on since `user` was read.
 */
export async function enter(db: Db, user: User, proof: Proof, source: Source): Promise<Entrance | undefined> {
  const { way, device, remember, trust = false } = proof
  if (!isOpen(user)) return undefined
  const proven = way !== 'password' || !(await hasSecondStep(db, user.id))
  if (!proven && !isTrusted(device)) return nextStep(db, user, 'two-factor')
  if (user.status === 'closing') return nextStep(db, user, 'keep-account')
  const byPasswordAlone = way === 'password' && proven
  const signIn = { remember, device, proven, byPasswordAlone, trust }
  const tokens = await db.$transaction((tx) => startSession(tx, user, signIn, source))
  return tokens && { to: 'session', tokens }
}

function nextStep(
  db: Db,
  { id, status, passwordChangedAt }: User,
  to: 'two-factor' | 'keep-account',
): Promise<Entrance | undefined> {
  return db.$transaction(async (tx) => {
    // Writes what is there: a later change of password voids this step, an earlier one ends it here.
    const where = { id, status, passwordChangedAt }
    const { count } = await tx.user.updateMany({ where, data: { status } })
    if (count === 0) return undefined
    const { token } = await issueToken(tx, to, fromNow(STEP_WITHIN), { userId: id })
    return { to, token }
  })
}
