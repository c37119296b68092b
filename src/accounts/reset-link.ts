import type { Config } from '../config.ts'
import type { Db, Tx } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { Refusal } from '../errors.ts'
import { fromNow, hours } from '../time.ts'
import { type Entry, record } from './audit/audit.ts'
import { issueToken, linkTo } from './token.ts'
import { isByPasskeyAlone } from './two-factor.ts'
import { isOpen } from './user.ts'

/** Makes sure that a link for a new password would let a person in who asks for help. Throws Refusal 409. */
export async function requireUseOfLink(db: Db | Tx, user: User): Promise<void> {
  if (await isByPasskeyAlone(db, user))
    throw new Refusal(
      409,
      'They sign in with a passkey alone, so a link would open nothing. If it is lost, turn off two-step sign-in first: that removes it. Nothing was changed.',
    )
}

/**
 * Makes a link for a new password without a mail, for whoever can hand it to the account's owner and knows them:
 * an operator or an administrator. It works once, for an hour, and is told here only; that it was made is on
 * record. Belongs in a transaction. Throws Refusal 409 if the account can't be used, or not by a link.
 */
export async function makeResetLink(
  { config, db }: { config: Config; db: Db | Tx },
  user: User,
  entry: Omit<Entry, 'subjectId'>,
): Promise<string> {
  if (!isOpen(user))
    throw new Refusal(409, 'That account isn’t active, so a link would open nothing. None was made.')
  await requireUseOfLink(db, user)
  const { token } = await issueToken(db, 'reset-password', fromNow(hours(1)), { userId: user.id })
  await record(db, 'password.reset-link-made', { ...entry, subjectId: user.id })
  return linkTo(config, 'reset-password', token)
}
