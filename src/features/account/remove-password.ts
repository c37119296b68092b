import type { Source } from '../../accounts/audit/audit.ts'
import type { SessionTokens, SignedIn } from '../../accounts/session.ts'
import { setOwnPassword } from '../../accounts/set-password.ts'
import { hasSecondStep } from '../../accounts/two-factor.ts'
import type { Db, Tx } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { Refusal } from '../../errors.ts'
import { toAccount } from './changed-elsewhere.ts'

/**
 * Whether a member can do without a password: they have a passkey, and a way back in if it is lost, which is a second
 * one, or a link for a new password by mail and a second step after it. A link alone lets nobody in then.
 */
async function canDoWithout(db: Db | Tx, { id: userId, provenEmailKey }: User): Promise<boolean> {
  const passkeys = await db.passkey.count({ where: { userId } })
  return passkeys > 1 || (passkeys === 1 && provenEmailKey !== null && (await hasSecondStep(db, userId)))
}

/** Whether the member may be asked to. Throws Refusal 409 if there is no password. */
export async function hasOtherWaysIn(db: Db, user: User): Promise<boolean> {
  if (!user.passwordHash) throw none()
  return canDoWithout(db, user)
}

/**
 * Takes the password from an account that can do without, which ends every session; answers with the tokens
 * of a new one for this browser. Throws Refusal 409.
 */
export function removePassword(db: Db, member: SignedIn, source: Source): Promise<SessionTokens> {
  const { user } = member
  // A passkey may be removed at the same time: one of the two is told that it is the last way in.
  return serializable(db, async (tx) => {
    const now = await tx.user.findUniqueOrThrow({ where: { id: user.id } })
    if (!(await canDoWithout(tx, now))) throw new Refusal(409, NEEDED, toPasskeys)
    if (!user.passwordHash) throw none()
    const tokens = await setOwnPassword(tx, member, '', 'password.removed', source)
    if (!tokens) throw none()
    return tokens
  })
}

const NEEDED =
  'You need another way in first: a passkey, and for the day it is lost a second one, or two-step sign-in and a confirmed email address.'

const none = () =>
  new Refusal(
    409,
    'Your account has no password, or another one since just now. Nothing was changed.',
    toAccount,
  )

const toPasskeys = { wayOn: { href: '/account/passkeys', text: 'Your passkeys' } }
