import { record, type Source } from '../../accounts/audit.ts'
import { networkOf } from '../../accounts/network.ts'
import type { Services } from '../../accounts/services.ts'
import { newSession } from '../../accounts/session.ts'
import { spend } from '../../accounts/throttle.ts'
import { asTaken, newUser, readAccount, type TypedAccount } from '../../accounts/user.ts'
import { minutes } from '../../time.ts'

/**
 * Makes an account and signs its owner in; answers with the user's id, name and session token.
 * Throws InvalidInput with every problem, or Refusal 429 or 503. Whether a name is taken is told only
 * after the limits and the hash (ASVS 5.0 2.4.1): there is no cheaper way to ask.
 */
export async function register({ config, db, passwords }: Services, typed: TypedAccount, source: Source) {
  const account = readAccount(typed, config)
  await spend(db, [{ key: `register:${networkOf(source.ip)}`, burst: 20, refill: minutes(1) }])

  const user = newUser(account, await passwords.hash(account.password))
  const session = newSession({ id: user.id, role: user.role }, false, source)
  try {
    await db.$transaction([
      db.user.create({ data: user, select: { id: true } }),
      db.session.create({ data: session.row, select: { id: true } }),
      record(db, 'user.registered', { actor: user.id, subjectId: user.id, source }),
    ])
  } catch (error) {
    throw await asTaken(db, error, account)
  }
  return { id: user.id, username: user.username, token: session.token }
}
